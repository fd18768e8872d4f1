import type { JobContext } from '../jobs/handler.ts'
import type { Choice } from '../llm/models.ts'
import type { AskHooks, Retrying, Switched } from '../llm/through-chain.ts'

export interface AskTeller extends Required<AskHooks> {
  onContinue(news: { choice: Choice; reason: string; line: number }): Promise<void>
  /** The model answers: what was wrong before is over. */
  onAnswer(): void
}

/**
 * Says what happens on the way to an answer: durably as events, in words on the page (`note` of the draft's data) until the
 * model answers, and of another model that it works on the attempt now.
 */
export function tellAsking(ctx: JobContext<unknown>): AskTeller {
  let noted = typeof ctx.draft.data.note === 'string' // of an earlier attempt
  const note = (text: string | null) => {
    noted = text !== null
    ctx.remember({ note: text })
  }
  return {
    async onRetry({ choice, error, delayMs }: Retrying) {
      const wait = Math.max(1, Math.round(delayMs / 1000))
      note(`${choice.provider.label} ${IN_WORDS[error.code] ?? 'can’t be reached'}: trying again in ${wait} s`)
      await ctx.tell('model.retrying', { ...named(choice), error, delayMs })
    },
    async onSwitch({ from, to, error, line }: Switched) {
      const place = line === undefined || line === 1 ? '' : ` from line ${line}`
      note(`${from.provider.label} ${IN_WORDS[error.code] ?? 'failed'}: goes on with ${to.model}${place}`)
      await ctx.tell('model.switched', { from: named(from), to: named(to), error, ...(line && { line }) })
      await ctx.using(named(to))
    },
    async onContinue({ choice, reason, line }) {
      note(line === 1 ? 'the answer was of no use: asked for anew' : `the answer was cut: goes on from line ${line}`)
      await ctx.tell('model.continued', { ...named(choice), reason, line })
    },
    onAnswer: () => void (noted && note(null)),
  }
}

/** What a provider's failure is, after its name. */
const IN_WORDS: Readonly<Record<string, string>> = {
  model_auth: 'did not accept the key',
  model_billing: 'can’t be paid',
  model_rate_limited: 'asks to slow down',
  model_overloaded: 'is overloaded',
  model_unavailable: 'can’t be reached',
  circuit_open: 'is away',
  unknown_model: 'has no such model',
  model_bad_request: 'refused the request',
  model_first_content_timeout: 'said nothing',
  model_idle_timeout: 'fell silent',
  model_total_timeout: 'took too long',
  model_cut_off: 'did not come to an end',
  model_answer_too_long: 'went on without end',
}

function named({ provider, model }: Choice): { provider: string; model: string } {
  return { provider: provider.name, model }
}
