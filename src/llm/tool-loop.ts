import type { HearHooks } from './hear-answer.ts'
import { hearTurn, type Turn, type TurnAsk } from './hear-turn.ts'
import type { Choice } from './models.ts'
import { addUsage, type Message, NO_USAGE, type Tool, type ToolCall, type ToolResult, type Usage } from './provider.ts'
import { chainFrom } from './through-chain.ts'
import { type CheckedCall, goesNowhere, isThirdInARow, type MadeCall, readCall } from './tool-calls.ts'

/** Turns of a model in one answer. */
const ROUNDS_AT_MOST = 25
/** What is kept of a result that there is no room for, in characters. */
const KEPT_OF_RESULT = 200
/** Longest result that a model is given, in characters: a tool that has more to say cuts at a better place. */
const RESULT_AT_MOST = 60_000

/** One turn of the model, and what came of its calls, in their order: fewer than calls while some are still to be run. */
export interface Round extends Turn {
  results: ToolResult[]
}

export interface LoopAsk extends TurnAsk {
  tools: Tool[]
  /** What an earlier attempt has done: nothing of it is asked, or run, again. `draft` is the text of the turn after it. */
  rounds?: Round[]
  /** Room for the results of the answer so far, in characters: beyond it the oldest are left out of what is sent. */
  room?: number
}

export interface LoopHooks extends HearHooks {
  /** A turn is whole: keep it before its calls run. `round` counts from 1. */
  onTurn?(turn: Turn, round: number): Promise<void>
  /** Runs a call. Its failure is a result too; what it throws ends the loop. */
  run(call: CheckedCall, at: { round: number; index: number }): Promise<Pick<ToolResult, 'content' | 'failed'>>
  /** A result is there, also of a call that could not be run: keep it. */
  onResult?(result: ToolResult, at: { round: number; index: number }): Promise<void>
}

export interface LoopEnd {
  rounds: Round[]
  /** `answered`: the model has no more to do. `no_progress`: it went round in circles. `rounds`: it did not come to an end. */
  ended: 'answered' | 'no_progress' | 'rounds'
  usage: Usage
}

/**
 * Lets a model answer with tools: asks it, runs what it calls, one call after the other, gives it the results, and so on
 * until a turn without calls. A call that can't be understood is a failed result that tells the model why.
 * @throws what `hearTurn` or `run` throw; the rounds so far are the caller's, through `onTurn` and `onResult`
 */
export async function toolLoop(
  deps: { chain: Choice[] },
  { rounds: earlier = [], draft, room = Number.POSITIVE_INFINITY, ...ask }: LoopAsk,
  hooks: LoopHooks,
  signal: AbortSignal,
): Promise<LoopEnd> {
  const rounds = earlier.map((round) => ({ ...round, results: [...round.results] }))
  let text = draft
  for (;;) {
    const last = rounds.at(-1)
    if (last && !(await runCalls(ask.tools, rounds, hooks, signal))) return endOf(rounds, 'no_progress')
    if (last && last.calls.length === 0) return endOf(rounds, 'answered')
    if (rounds.length >= ROUNDS_AT_MOST) return endOf(rounds, 'rounds')
    const messages = [...ask.messages, ...withinRoom(rounds, room).flatMap(messagesOf)]
    const turn = await hearTurn(
      { chain: last ? chainFrom(deps.chain, last) : deps.chain },
      { ...ask, tools: ask.tools.length > 0 ? ask.tools : undefined, messages, draft: text },
      hooks,
      signal,
    )
    text = undefined
    await hooks.onTurn?.(turn, rounds.length + 1)
    rounds.push({ ...turn, results: [] })
  }
}

/** Runs what is left of the last round's calls; false when that leads nowhere: calls that were not run are told so. */
async function runCalls(tools: Tool[], rounds: Round[], hooks: LoopHooks, signal: AbortSignal): Promise<boolean> {
  const { calls, results } = rounds.at(-1)!
  const round = rounds.length
  for (let index = results.length; index < calls.length; index++) {
    signal.throwIfAborted()
    const call = calls[index]!
    const made = callsMade(rounds)
    const isStuck = isThirdInARow(made, call) || goesNowhere(made)
    const { content, failed } = isStuck ? NOT_RUN : await runCall(tools, call, hooks, { round, index })
    const result: ToolResult = {
      call: call.id,
      name: call.name,
      content: content.length > RESULT_AT_MOST ? `${content.slice(0, RESULT_AT_MOST)}\n(cut here: too long)` : content,
      ...(failed ? { failed } : {}),
    }
    await hooks.onResult?.(result, { round, index })
    results.push(result)
    if (isStuck) {
      await sayNotRun(calls, results, hooks, round)
      return false
    }
  }
  return !goesNowhere(callsMade(rounds)) && !results.some(({ content }) => content === NOT_RUN.content)
}

const NOT_RUN = {
  content: 'Not run: the same call, or the same result, came again and again. Hearth has stopped here.',
  failed: true,
}

async function sayNotRun(calls: ToolCall[], results: ToolResult[], hooks: LoopHooks, round: number): Promise<void> {
  for (let index = results.length; index < calls.length; index++) {
    const { id, name } = calls[index]!
    const result = { call: id, name, ...NOT_RUN }
    await hooks.onResult?.(result, { round, index })
    results.push(result)
  }
}

async function runCall(tools: Tool[], call: ToolCall, hooks: LoopHooks, at: { round: number; index: number }) {
  const read = readCall(tools, call)
  return 'failed' in read ? { content: read.failed, failed: true } : hooks.run(read.call, at)
}

function callsMade(rounds: Round[]): MadeCall[] {
  return rounds.flatMap(({ calls, results }, round) => results.map((result, i) => ({ round, call: calls[i]!, result })))
}

/** The rounds with the results of the oldest calls left out as far as there is no room for them; the last round stays whole. */
function withinRoom(rounds: Round[], room: number): Round[] {
  let left = room
  return rounds
    .toReversed()
    .map((round, age) => {
      left -= round.results.reduce((sum, { content }) => sum + content.length, 0)
      return age === 0 || left >= 0 ? round : { ...round, results: round.results.map(leftOut) }
    })
    .reverse()
}

function leftOut(result: ToolResult): ToolResult {
  return {
    ...result,
    content: `${result.content.slice(0, KEPT_OF_RESULT)}… (the rest of this older result is left out: call the tool again if you need it)`,
  }
}

/** A round as the model is shown it. */
function messagesOf({ text, calls, results }: Pick<Round, 'text' | 'calls' | 'results'>): Message[] {
  if (calls.length === 0) return [{ role: 'assistant', content: text === '' ? '(nothing)' : text }]
  return [
    { role: 'assistant', content: text, calls },
    { role: 'tool', results },
  ]
}

function endOf(rounds: Round[], ended: LoopEnd['ended']): LoopEnd {
  return { rounds, ended, usage: rounds.reduce((sum, { usage }) => addUsage(sum, usage), NO_USAGE) }
}
