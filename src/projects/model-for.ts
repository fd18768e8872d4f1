import { AUTO, type Choice, type Models } from '../llm/models.ts'

/** What a project is made with: the model that is asked for, else whichever comes first each time; the demo is always named. */
export function modelFor(models: Models, wanted: string | undefined): string {
  const [first] = models.chain('plan', wanted)
  return wanted || first!.provider.demo ? nameOf(first!) : AUTO
}

function nameOf({ provider, model }: Choice): string {
  return provider.demo ? provider.name : `${provider.name}/${model}`
}
