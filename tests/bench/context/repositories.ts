import type { Repository } from './questions.ts'

/** A repository of the benchmark, and the releases that questions are taken from. */
export interface Subject extends Repository {
  newest: string
  oldest: string
  /** The weights of the map were chosen on these questions; the others were not looked at for that. */
  tuning?: true
}

export const REPOSITORIES: Subject[] = [
  {
    name: 'serverless',
    sources: /^lib\/.*\.js$/,
    not: /\/templates\/|\.test\.js$/,
    newest: '3.38.0',
    oldest: '1.60.0',
    tuning: true,
  },
  { name: 'karma', sources: /^(lib|client)\/.*\.js$/, newest: '6.4.4', oldest: '3.0.0', tuning: true },
  { name: 'eslint', sources: /^lib\/.*\.js$/, newest: '7.32.0', oldest: '2.0.0' },
  { name: 'mongoose', sources: /^lib\/.*\.js$/, newest: '5.13.22', oldest: '4.8.0' },
  {
    name: 'mathjs',
    sources: /^src\/.*\.js$/,
    orElse: /^lib\/.*\.js$/,
    not: /\/version\.js$/,
    newest: '5.10.3',
    oldest: '1.0.0',
  },
]
