import { describe, expect, test } from 'bun:test'
import { attack, commandLines, heldIn, runs } from './support.ts'

const MB = 1024 * 1024

describe('a run is ended, or held back by the kernel, when it takes', () => {
  test('more processes than it may: a fork bomb gets no further', async () => {
    const bomb =
      'import os,sys\nn=0\nwhile n < 3000:\n  try:\n    if os.fork() == 0:\n      import time; time.sleep(60)\n    n += 1\n  except OSError:\n    break\nprint(n)'
    const { end, tail } = await runs(`python3 -c '${bomb}'`, { limits: { processes: 40 } })
    expect(end).toEqual({ why: 'exit', code: 0 })
    expect(Number(tail)).toBeGreaterThan(20)
    expect(Number(tail)).toBeLessThan(40)
  })

  test('processes that breed for ever: its time ends all of them', async () => {
    const breed = 'import os\nwhile True:\n  try: os.fork()\n  except OSError: pass'
    const { end } = await runs(`exec -a breeder-71 python3 -c "${breed}"`, {
      limits: { processes: 60, wallMs: 700 },
      command: ['bash', '-c', `exec -a breeder-71 python3 -c "${breed}"`],
    })
    expect(end).toEqual({ why: 'time', said: expect.stringContaining('was stopped') })
    expect(commandLines().filter((line) => line.includes('breeder-71'))).toEqual([])
  })

  test('threads, which count as processes', async () => {
    const spin =
      'import threading,time\nn=0\ntry:\n  while n<3000:\n    threading.Thread(target=time.sleep,args=(9,),daemon=True).start(); n+=1\nexcept RuntimeError: print(n)'
    const { tail } = await runs(`python3 -c '${spin}'`, { limits: { processes: 40 } })
    expect(Number(tail)).toBeLessThan(40)
  })

  test('more memory than it may, in one process', async () => {
    const { end, tail } = await runs('python3 -c "x = bytearray(400_000_000); print(len(x))"', {
      limits: { memoryBytes: 200 * MB },
    })
    expect(end).not.toEqual({ why: 'exit', code: 0 })
    expect(tail).not.toContain('400000000')
  })

  test.each([
    [
      'many processes',
      'for i in 1 2 3 4 5 6; do python3 -c "import time; x = b\'x\' * 60_000_000; time.sleep(60)" & done; wait',
    ],
    [
      'files in /tmp and in the working copy',
      'head -c 120000000 /dev/zero > /tmp/a; head -c 120000000 /dev/zero > b; sleep 60',
    ],
    [
      'memory that is shared',
      'python3 -c "import mmap,time; m = mmap.mmap(-1, 240_000_000); [m.write(b\'x\' * 1_000_000) for _ in range(240)]; time.sleep(60)"',
    ],
  ])('more memory than it may, in %s', async (_where, line) => {
    const { end } = await runs(line, { limits: { memoryBytes: 200 * MB, diskBytes: 150 * MB, wallMs: 15_000 } })
    expect(end).toEqual({ why: 'memory', said: 'It needed more than 200 MB of memory and was stopped.' })
  })

  test('more of the disk than it may: there is none, and the host’s is not touched', async () => {
    const { tail } = await runs('for i in 1 2 3; do head -c 9000000 /dev/zero > f$i; done; df -k . | tail -1', {
      limits: { diskBytes: 16 * MB },
    })
    expect(tail).toContain('No space left on device')
    expect(tail).toMatch(/^tmpfs +16384 +16384 +0 /m)
  })

  test('one file larger than the disk', async () => {
    const { end } = await runs('truncate -s 1T huge && echo made', { limits: { diskBytes: 16 * MB } })
    expect(end.why === 'exit' && end.code).toBeTruthy()
  })

  test('files without end', async () => {
    const { end } = await runs('i=0; while :; do i=$((i+1)); : > f$i; done', { limits: { files: 2_000 } })
    expect(end).toEqual({ why: 'files', said: 'It made more than 2000 files and was stopped.' })
  })

  test('the processor for longer than it may, in processes that come and go', async () => {
    const { end } = await runs('while :; do sh -c "i=0; while [ \\$i -lt 90000 ]; do i=\\$((i+1)); done"; done', {
      limits: { cpuSeconds: 1, wallMs: 30_000 },
    })
    expect(end).toEqual({ why: 'cpu', said: 'It used more than 1 seconds of the processor and was stopped.' })
  })

  test('its time, and it shrugs off every signal', async () => {
    const { end } = await runs('trap "" TERM INT HUP; while :; do sleep 1; done', {
      limits: { wallMs: 300 },
    })
    expect(end).toEqual({ why: 'time', said: expect.any(String) })
  })

  test('more output than it may: lines, one endless line, or bytes that are no text', async () => {
    for (const line of ['yes', 'tr "\\0" x < /dev/zero', 'cat /dev/urandom', 'yes >&2']) {
      const before = process.memoryUsage.rss()
      const { end, outputBytes, tail } = await runs(line, { limits: { outputBytes: MB } })
      expect(end).toEqual({ why: 'output', said: 'It wrote more than 1 MB of output and was stopped.' })
      expect(outputBytes).toBeLessThan(4 * MB)
      expect(tail.length).toBeLessThanOrEqual(64 * 1024)
      expect(process.memoryUsage.rss() - before).toBeLessThan(200 * MB)
    }
  })
})

test('zombies, daemons and what shrugs off signals end with the command, before its files are taken', async () => {
  const outcome = await attack('leaving', [], { takesBack: true })
  heldIn(outcome)
  expect(outcome.end).toEqual({ why: 'exit', code: 0 })
  expect(commandLines().filter((line) => line.includes('61.75'))).toEqual([])
})

test('bytes that are no UTF-8 come out as text all the same, cut nowhere in a letter', async () => {
  const { tail } = await runs(`printf 'a\\377b'; printf '\\303'; sleep 0.05; printf '\\244'; printf '\\033[31mred'`)
  expect(tail).toBe('a\uFFFDbä\x1b[31mred')
})
