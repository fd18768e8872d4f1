// A picture that a form begins with: dropped on it, from this computer or from the gallery. Without this, its path is typed in.
const OWN = 'text/x-hearth-path'

document.addEventListener('dragstart', ({ target, dataTransfer }) => {
  const link = target.closest?.('a[data-path]')
  if (link) dataTransfer.setData(OWN, link.dataset.path)
})

for (const name of ['dragenter', 'dragover'])
  document.addEventListener(name, (event) => {
    const place = placeUnder(event)
    if (!place) return
    event.preventDefault()
    place.classList.add('over')
  })
document.addEventListener('dragleave', ({ target, relatedTarget }) => {
  const form = target.closest?.('form.order')
  if (form && !form.contains(relatedTarget)) form.querySelector('[data-begin]')?.classList.remove('over')
})
document.addEventListener('drop', (event) => {
  const place = placeUnder(event)
  if (!place) return
  event.preventDefault()
  place.classList.remove('over')
  const path = event.dataTransfer.getData(OWN)
  const [file] = event.dataTransfer.files
  if (path) return begin(place, path)
  if (file) return void send(place, file)
  say(place, 'There was no picture in it.')
})

/** Anywhere on the form: nobody should have to aim. */
function placeUnder({ target, dataTransfer }) {
  if (!dataTransfer.types.includes(OWN) && !dataTransfer.types.includes('Files')) return null
  return target.closest?.('form.order')?.querySelector('[data-begin]') ?? null
}

async function send(place, file) {
  say(place, 'Sending…')
  const to = `/api/projects/${place.dataset.begin}/uploads?name=${encodeURIComponent(file.name)}`
  const answer = await fetch(to, { method: 'POST', body: file }).catch(() => null)
  const said = await answer?.json().catch(() => null)
  const path = said?.files?.[0]?.path
  if (path) return begin(place, path)
  say(place, said?.refused?.[0]?.message ?? said?.message ?? 'The connection broke. Try again.')
}

function begin(place, path) {
  place.querySelector('input').value = path
  const link = document.createElement('a')
  link.href = `/projects/${place.dataset.begin}/gallery?from=${encodeURIComponent(path)}`
  link.textContent = 'Take its parameters instead'
  say(place, 'It begins with this picture. ')
  place.querySelector('[data-said]').append(link)
}

function say(place, words) {
  place.querySelector('[data-said]').textContent = words
}
