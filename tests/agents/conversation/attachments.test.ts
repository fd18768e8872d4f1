import { expect, test } from 'bun:test'
import { sample } from '../../support/media.ts'
import { house } from './house.ts'

test('files that are attached are told to the model: texts in words, of pictures what they are, and what can’t be shown', async () => {
  await using it = await house(['Bread, I would guess.', 'As before.'])
  const upload = async (name: string, body: string | Uint8Array<ArrayBuffer>) => {
    const sent = await it.request(`/api/projects/${it.project}/uploads?name=${name}`, { method: 'POST', body })
    return (await sent.json()).files[0].path as string
  }
  const attach = [
    await upload('loaf.png', sample('jpeg')),
    await upload('notes.md', `# Notes\n\nRye on Fridays. ${'x'.repeat(30_000)}`),
    await upload('film.mp4', sample('mp4')),
  ]
  const page = await (await it.request(`/projects/${it.project}`)).text()
  expect(page).toContain('name="attach" value="uploads/loaf.jpg"')
  const said = await it.post(`/api/projects/${it.project}/messages`, { text: 'What is this?', attach })
  expect(said.status).toBe(201)
  const { attachments } = await it.until('answered')
  expect(attachments).toEqual(attach.map((path) => ({ path, version: 1 })))

  const asked = () =>
    it.model.asked
      .filter(({ task }) => task.kind === 'chat')
      .at(-1)!
      .messages.at(-1) as { content: string }
  const { content } = asked()
  expect(content).toStartWith('What is this?\n\n(Attached by the person, files of the project.')
  expect(content).toContain('- uploads/loaf.jpg: a JPEG, 12 × 8, 645 bytes; sent with this message')
  expect(content).toContain('Rye on Fridays.')
  expect(content).toContain('(cut here: it is longer)')
  expect(content).toContain('- uploads/film.mp4: an MP4, 16 × 8, 896 bytes; it can’t be shown to you')
  expect(content).toContain('(Hearth’s note: a picture that is attached can’t be shown to you')
  expect(asked()).not.toHaveProperty('pictures')

  await it.say('And now?')
  await it.until('answered')
  const before = it.model.asked.filter(({ task }) => task.kind === 'chat').at(-1)!.messages[0] as { content: string }
  expect(before.content).toBe(`What is this?\n\n(Attached: ${attach.join(', ')})`)
})

test('what is no file of the project can’t be attached, nor more than ten', async () => {
  await using it = await house([])
  const send = async (attach: unknown) => {
    const answer = await it.post(`/api/projects/${it.project}/messages`, { text: 'Look.', attach })
    return [answer.status, (await answer.json()).code]
  }
  expect(await send(['nowhere.png'])).toEqual([404, 'unknown_file'])
  expect(await send(Array.from({ length: 11 }, (_, i) => `${i}.png`))).toEqual([422, 'message_too_many_files'])
  expect(await send([1])).toEqual([422, 'invalid_input'])
  expect(await it.exchanges()).toEqual([])
})
