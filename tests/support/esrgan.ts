/** Tensors of an ESRGAN net of one block, by Real-ESRGAN's names or the older ones: the least that stable-diffusion.cpp loads. */
export function esrgan(scale: 1 | 2 | 4, names: 'new' | 'old' = 'new', colours = 3): Record<string, number[]> {
  const isNew = names === 'new'
  const tensors: Record<string, number[]> = {}
  const conv = (name: string, out: number, into: number) => {
    tensors[`${name}.weight`] = [out, into, 3, 3]
    tensors[`${name}.bias`] = [out]
  }
  conv(isNew ? 'conv_first' : 'model.0', 64, colours)
  for (let block = 1; block <= 3; block++)
    for (let each = 1; each <= 5; each++)
      conv(
        isNew ? `body.0.rdb${block}.conv${each}` : `model.1.sub.0.RDB${block}.conv${each}.0`,
        each === 5 ? 64 : 32,
        64 + 32 * (each - 1),
      )
  conv(isNew ? 'conv_body' : 'model.1.sub.1', 64, 64)
  if (scale >= 2) conv(isNew ? 'conv_up1' : 'model.3', 64, 64)
  if (scale === 4) conv(isNew ? 'conv_up2' : 'model.6', 64, 64)
  const [hr, last] = { 1: [2, 4], 2: [5, 7], 4: [8, 10] }[scale]!
  conv(isNew ? 'conv_hr' : `model.${hr}`, 64, 64)
  conv(isNew ? 'conv_last' : `model.${last}`, 3, 64)
  return tensors
}

/** Weights with numbers in them, drawn by a rule: a real program makes a picture of them, if none to look at. */
export function randomWeights(tensors: Record<string, number[]>): Uint8Array<ArrayBuffer> {
  let state = 12_345
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  }
  let at = 0
  const parts: Uint8Array[] = []
  const entries = Object.entries(tensors).map(([name, shape]) => {
    const spread = shape.length === 1 ? 0.1 : 1 / Math.sqrt(shape[1]! * 9)
    const numbers = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next() * spread)
    parts.push(new Uint8Array(numbers.buffer))
    const begins = at
    at += numbers.byteLength
    return [name, { dtype: 'F32', shape, data_offsets: [begins, at] }]
  })
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return new Uint8Array(Buffer.concat([length, header, ...parts]))
}
