// What the form for uploads can't do alone: say how far it is, take what is dropped, and stay on the page.
let dropped = []

document.addEventListener('submit', (event) => {
  if (event.target !== form()) return
  event.preventDefault()
  const data = new FormData(form())
  if (dropped.length > 0) {
    data.delete('files')
    for (const file of dropped) data.append('files', file, file.name)
  }
  send(data)
})

for (const name of ['dragover', 'dragenter'])
  document.addEventListener(name, (event) => {
    if (!isOver(event)) return
    event.preventDefault()
    form().classList.add('over')
  })
document.addEventListener('dragleave', ({ relatedTarget }) => {
  if (!form()?.contains(relatedTarget)) form()?.classList.remove('over')
})
document.addEventListener('drop', (event) => {
  if (!isOver(event)) return
  event.preventDefault()
  form().classList.remove('over')
  dropped = [...event.dataTransfer.files]
  if (dropped.length === 0) return say('There was no file in it.')
  const data = new FormData()
  for (const file of dropped) data.append('files', file, file.name)
  send(data)
})
document.addEventListener('change', ({ target }) => {
  if (target.id !== 'upload-files') return
  dropped = []
  const size = [...target.files].reduce((sum, file) => sum + file.size, 0)
  say(target.files.length > 0 ? `${many(target.files.length)} chosen, ${megabytes(size)} MB.` : '')
})

function form() {
  return document.querySelector('form[data-upload]')
}

function isOver({ target, dataTransfer }) {
  return target instanceof Node && form()?.contains(target) && dataTransfer.types.includes('Files')
}

/** The answer is the page that a browser without script gets: of it what became of the files is shown here. */
function send(data) {
  const request = new XMLHttpRequest()
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    bar(loaded / total)
    say(loaded < total ? `${megabytes(loaded)} of ${megabytes(total)} MB sent…` : 'Sent. Looking at it…')
  })
  request.addEventListener('load', () => {
    const found = new DOMParser().parseFromString(request.responseText, 'text/html').querySelector('#uploaded')
    if (!found) return failed()
    form().querySelector('[data-uploaded]').replaceChildren(document.adoptNode(found))
    ready('')
    form().reset()
    if (!document.querySelector('#stream')) void renew()
  })
  request.addEventListener('error', failed)
  request.open('POST', form().action)
  request.send(data)
  form().querySelector('button').disabled = true
  say('Sending…')
}

function failed() {
  ready('The connection broke before all had come, so nothing was kept. Try again.')
}

function ready(words) {
  dropped = []
  bar(null)
  say(words)
  form().querySelector('button').disabled = false
}

/** A page without a stream hears of nothing: its lists are fetched anew. */
async function renew() {
  const answer = await fetch(location.href)
  if (!answer.ok) return
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  for (const id of ['files', 'pictures', 'changes']) {
    const [old, now] = [document.getElementById(id), fresh.getElementById(id)]
    if (old && now) old.replaceWith(document.adoptNode(now))
  }
}

function bar(part) {
  const progress = form().querySelector('progress')
  progress.hidden = part === null
  progress.value = part ?? 0
}

function say(words) {
  form().querySelector('[data-progress]').textContent = words
}

function many(count) {
  return count === 1 ? '1 file' : `${count} files`
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1)
}
