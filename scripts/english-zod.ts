import type { BunPlugin } from 'bun'

/** zod brings its messages in some fifty languages, of which Hearth uses one: the others stay out of the binary (0.6 MB with bytecode). */
export const englishZod: BunPlugin = {
  name: 'english-zod',
  setup(build) {
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js'",
      loader: 'js',
    }))
  },
}
