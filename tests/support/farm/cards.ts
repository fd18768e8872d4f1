import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const MIB = 1024 ** 2

/**
 * A stand-in for the driver's tool: cards whose memory is told by the books that the engine for tests keeps, a folder a card.
 * A process that has died holds nothing, and whoever has its pid now neither. Returns the folder to put on the PATH.
 */
export function pretendCards(root: string, memory: string, ids: string[], totalBytes: number): string {
  const bin = join(root, 'bin')
  mkdirSync(bin, { recursive: true })
  const card = (id: string, i: number) =>
    `card ${i} ${id} '00000000:0${i + 1}:00.0' "$place/${id}" ${Math.round(totalBytes / MIB)}`
  const script = `#!/bin/sh
place='${memory}'
asked=$1
born() {
  shift 19
  echo "$1"
}
card() {
  sum=0
  for file in "$4"/*; do
    pid=\${file##*/}
    case $pid in *[!0-9]*) continue ;; esac
    read -r line 2>/dev/null <"/proc/$pid/stat" || continue
    case $line in *') Z '* | *') X '*) continue ;; esac
    read -r bytes birth 2>/dev/null <"$file" || [ -n "$birth" ] || continue
    [ "$(born \${line##*) })" = "$birth" ] || continue
    used=$((bytes / ${MIB}))
    sum=$((sum + used))
    case $asked in *compute-apps*) echo "$2, $pid, $used, python3" ;; esac
  done
  case $asked in *query-gpu*) echo "$1, $2, $3, Pretended, $5, $sum, $(($5 - sum)), 999.0, 40, [N/A]" ;; esac
}
${ids.map(card).join('\n')}
`
  writeFileSync(join(bin, 'nvidia-smi'), script)
  chmodSync(join(bin, 'nvidia-smi'), 0o755)
  return bin
}
