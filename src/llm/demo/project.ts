import { withClips } from './clips.ts'
import { withContracts } from './contracts.ts'
import type { DemoContent, DemoPlan } from './plan.ts'
import { program } from './program/program.ts'
import { recognise } from './recognise.ts'
import { illustratedStory } from './story/story.ts'
import { website } from './website/website.ts'
import { cleanBrief } from './words.ts'

export interface DemoProject {
  plan: DemoPlan
  /** The text of a file of the plan; undefined for a picture and for what the plan doesn't write. */
  file(path: string): string | undefined
}

const MAKERS: Record<ReturnType<typeof recognise>, (brief: string) => DemoContent> = {
  website,
  program,
  story: illustratedStory,
}

/** What the demo model makes of a brief, with clips where they can be made. Pure and deterministic: templates and rules, no AI, no clock, no chance. */
export function demoProject(brief: string, { clips = false } = {}): DemoProject {
  const words = cleanBrief(brief)
  const kind = recognise(words)
  const { plan, files } = withContracts(withClips(kind, words, MAKERS[kind](words), clips))
  return { plan, file: (path) => files.get(path) }
}
