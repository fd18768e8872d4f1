import { expect } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { prompt, promptVersion } from '../../src/llm/prompts.ts'

/**
 * Holds a prompt, rendered with `data`, to the text that `golden/<name>.v<version>.txt` beside the test says is sent: whoever
 * changes it must raise its version, and with it the file.
 */
export function expectGolden(dir: string, name: string, data: object = {}): void {
  const file = join(dir, 'golden', `${promptVersion(name).replace('@', '.v')}.txt`)
  const sent = `${prompt(name, data)}\n`
  if (!existsSync(file)) throw new Error(`${file} is missing. It should say:\n${sent}`)
  expect(sent).toBe(readFileSync(file, 'utf8'))
}

/** Holds what a model is told by code, and not by a prompt's file, to the text of `golden/<name>`. */
export function expectTold(dir: string, name: string, told: string): void {
  const file = join(dir, 'golden', name)
  if (!existsSync(file)) throw new Error(`${file} is missing. It should say:\n${told}\n`)
  expect(`${told}\n`).toBe(readFileSync(file, 'utf8'))
}
