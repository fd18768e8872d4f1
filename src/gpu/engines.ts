/** An engine that a worker can run, as `doctor` and the result's provenance name it. */
export interface Engine {
  name: string
  label: string
  /** Raised whenever the same spec would give other bytes: checkpoints of another version are not resumed. */
  version: string
  needsGpu: boolean
}

export const SKETCH = {
  name: 'sketch',
  label: 'Sketch (built in, CPU, no AI)',
  version: '2',
  needsGpu: false,
} as const satisfies Engine
