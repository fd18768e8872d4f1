// Drags a line of the queue to another place. Without this, and for keys, each line has buttons.
const form = document.getElementById('queue-move')
let dragged = null

document.addEventListener('dragstart', (event) => {
  dragged = event.target.closest?.('.handle')?.closest('li') ?? null
  if (!dragged) return
  event.dataTransfer.effectAllowed = 'move'
  event.dataTransfer.setData('text/plain', dragged.dataset.job)
  event.dataTransfer.setDragImage(dragged, 8, 8)
  dragged.classList.add('dragged')
})

document.addEventListener('dragover', (event) => {
  const over = lineAt(event)
  if (!dragged || !over) return
  event.preventDefault()
  mark(over, isBelow(event, over))
})

document.addEventListener('drop', (event) => {
  const over = lineAt(event)
  if (!dragged || !over) return
  event.preventDefault()
  const next = isBelow(event, over) ? over.nextElementSibling : over
  if (next === dragged || over === dragged) return end()
  form.elements.job.value = dragged.dataset.job
  form.elements.before.value = next?.dataset.job ?? ''
  end()
  form.requestSubmit()
})

document.addEventListener('dragend', end)

function lineAt({ target }) {
  return target.closest?.('[data-sortable] > li')
}

function isBelow({ clientY }, line) {
  const { top, height } = line.getBoundingClientRect()
  return clientY > top + height / 2
}

function mark(line, below) {
  unmark()
  line.classList.add(below ? 'drop-after' : 'drop-before')
}

function unmark() {
  for (const line of document.querySelectorAll('.drop-before, .drop-after'))
    line.classList.remove('drop-before', 'drop-after')
}

function end() {
  unmark()
  dragged?.classList.remove('dragged')
  dragged = null
}
