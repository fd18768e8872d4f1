/** The engine that is built in: what results and checkpoints say they are of. `gpu/sketch/engine.toml` says the same. */
export const SKETCH = {
  name: 'sketch',
  /** Raised whenever the same spec would give other bytes. */
  version: '2',
} as const
