import { z } from 'zod'
import { DomainError } from '../errors.ts'
import { Contract, contractProblems } from '../projects/contract.ts'
import { treeProblems } from '../projects/tree-rules.ts'

/** The plan as a planner answers it: flat, with `parent` and `dependsOn` by id. */
export const Plan = z.object({
  title: z.string().min(1).max(80),
  summary: z.string().min(1).max(600),
  tasks: z.array(
    z.object({
      id: z.string().min(1).max(80),
      parent: z.string().nullable(),
      title: z.string().min(1).max(160),
      kind: z.enum(['write', 'render', 'note']),
      path: z.string().nullable(),
      prompt: z.string().nullable(),
      width: z.number().int().nullable(),
      height: z.number().int().nullable(),
      dependsOn: z.array(z.string()),
      contract: z.preprocess((given) => given ?? null, Contract.nullable()),
    }),
  ),
})

export type Plan = z.infer<typeof Plan>
export type PlannedTask = Plan['tasks'][number]

/** What a model must be told so that it can mend its plan; empty when the plan can be carried out. */
export function planProblems({ tasks }: Pick<Plan, 'tasks'>): string[] {
  const problems = treeProblems(tasks)
  return problems.length > 0 ? problems : contractProblems(tasks)
}

/** @throws DomainError `plan_unusable` with the problems */
export function refusePlan(problems: string[]): never {
  throw new DomainError(
    'plan_unusable',
    `The model’s plan can’t be carried out: ${problems[0]} Try again, or say more in the brief.`,
    {
      retryable: true,
      context: { problems: problems.slice(0, 20) },
    },
  )
}
