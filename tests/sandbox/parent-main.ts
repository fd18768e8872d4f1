// A server that runs something without end, for the test that kills it.
import { testSandbox } from './support.ts'

await testSandbox().run({
  files: [],
  command: ['sh', '-c', 'setsid sh -c "sleep 62.5; true" & echo up; sleep 62.5; true'],
  onOutput: (text) => process.stdout.write(text),
})
