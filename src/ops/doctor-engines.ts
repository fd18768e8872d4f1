import { pythonEngines } from '../gpu/setup/python-engines.ts'
import { type VenvState, venvState } from '../gpu/setup/venv-state.ts'
import { type Finding, ok, warn } from './finding.ts'

const SAYS: Record<VenvState, string> = {
  ready: 'its Python packages are there',
  none: 'not set up',
  unfinished: 'its Python packages are not whole',
  outdated: 'its Python packages are of another version',
}

/** Whether the Python packages of each engine that wants some are there, and those of its lock. None at all is nobody's fault. */
export function examineEngines(data: string): Finding[] {
  return pythonEngines(data).map((engine) => {
    const state = venvState(data, engine)
    const says = `${engine.label}: ${SAYS[state]}`
    if (state === 'ready') return ok('engine', says)
    const how = `“hearth gpu setup ${engine.name}” ${state === 'none' ? 'fetches its packages' : 'mends that'}`
    return state === 'none' ? ok('engine', `${says}; ${how}`) : warn('engine', `${says}. ${how}.`)
  })
}
