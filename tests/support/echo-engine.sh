# An engine in shell: one black pixel, by the whole of the protocol that such a one needs.
set -eu
cd "$1"
job=$(sed -n 's/^  "job": "\(.*\)",$/\1/p' spec.json)
attempt=$(sed -n 's/^  "attempt": \([0-9]*\),$/\1/p' spec.json)
seed=$(sed -n 's/^    "seed": \([0-9]*\),$/\1/p' spec.json)
seq=0
say() {
  printf '{"v":2,"seq":%s,"t":0,"job":"%s","attempt":%s,%s}\n' "$seq" "$job" "$attempt" "$1" | tee -a events.ndjson
  seq=$((seq + 1))
}
say "\"type\":\"hello\",\"pid\":$$,\"engine\":\"echo\",\"engineVersion\":\"1\",\"device\":\"cpu\""
say '"type":"phase","phase":"load"'
say '"type":"phase","phase":"denoise"'
printf 'P3 1 1 255 0 0 0\n' > pixel.ppm
sum=$(sha256sum pixel.ppm | cut -d' ' -f1)
say '"type":"phase","phase":"save"'
mkdir -p out && mv pixel.ppm "out/$sum.ppm"
out="[{\"file\":\"out/$sum.ppm\",\"sha256\":\"$sum\",\"mediaType\":\"image/x-portable-pixmap\",\"bytes\":17,\"width\":1,\"height\":1,\"seed\":$seed}]"
printf '{"v":2,"job":"%s","attempt":%s,"engine":"echo","engineVersion":"1","outputs":%s,"params":{}}' "$job" "$attempt" "$out" > result.part
mv result.part result.json
say "\"type\":\"done\",\"outputs\":$out"
