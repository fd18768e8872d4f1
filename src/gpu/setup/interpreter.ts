import { z } from 'zod'
import { DomainError } from '../../errors.ts'
import { isWithin, type LockFacts, type Version } from './lock-facts.ts'

const OTHERS = ['python3.13', 'python3.12', 'python3.11', 'python3.14']
const SAYS = `
import json, sys
try:
    import ensurepip, venv
    whole = True
except ImportError:
    whole = False
print(json.dumps({"version": list(sys.version_info[:3]), "whole": whole}))
`
const said = z.object({ version: z.tuple([z.number(), z.number(), z.number()]), whole: z.boolean() })

export interface Interpreter {
  program: string
  version: string
  /** Whether it can make environments by itself; Debian keeps that in a package of its own. */
  whole: boolean
}

/**
 * The Python that an environment is made of: the one that is named, or the first on the PATH that the lock is for.
 * @throws DomainError `python_missing`, `python_unsuitable`
 */
export function findInterpreter(named: string | undefined, facts: LockFacts): Interpreter {
  const programs = named ? [named] : ['python3', ...OTHERS]
  const found = programs.map(look).filter((one) => one !== undefined)
  const fits = found.find(({ version }) => isWithin(version.split('.').map(Number) as Version, facts))
  if (fits) return fits
  const wanted = facts.python ? `Python ${facts.python.from.join('.')} to ${facts.python.to.join('.')}` : 'Python 3'
  const how = `Install ${wanted}, or name one by HEARTH_PYTHON.`
  if (found[0])
    throw new DomainError('python_unsuitable', `${found[0].program} is Python ${found[0].version}. ${how}`, {
      context: { version: found[0].version },
    })
  throw new DomainError(
    'python_missing',
    named ? `${named} is no Python that runs. ${how}` : `There is no Python. ${how}`,
  )
}

function look(program: string): Interpreter | undefined {
  const path = Bun.which(program)
  if (!path) return undefined
  const { exitCode, stdout } = Bun.spawnSync([path, '-I', '-c', SAYS], { stderr: 'ignore' })
  if (exitCode !== 0) return undefined
  const { version, whole } = said.parse(JSON.parse(stdout.toString()))
  return { program: path, version: version.join('.'), whole }
}
