/** As ROCm names a card that has a number of its own; else by its place on the bus. */
export function amdId(serial: unknown, bus: unknown): string {
  const [, hex] = /^0x([\da-f]{1,16})$/i.exec(String(serial)) ?? []
  if (hex && !/^0+$/.test(hex)) return `GPU-${hex.toLowerCase().padStart(16, '0')}`
  return `pci-${String(bus).toLowerCase()}`
}
