// The gallery: a picture in full above its page, by keys and buttons; and two pictures one above the other. Without this, each has a page.
const box = document.getElementById('lightbox')
const slide = document.querySelector('[data-slide]')

if (box) openBox()
if (slide) openSlide()

function openBox() {
  const links = () => [...document.querySelectorAll('[data-lightbox] a[data-full]')]
  let at = 0
  const show = (index) => {
    const all = links()
    at = (index + all.length) % all.length
    const { full, title, facts } = all[at].dataset
    const picture = box.querySelector('img')
    picture.src = full
    picture.alt = all[at].querySelector('img').alt
    const page = box.querySelector('a')
    page.href = all[at].href
    page.textContent = title
    box.querySelector('small').textContent = facts
  }
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('[data-lightbox] a[data-full]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    show(links().indexOf(link))
    box.showModal()
  })
  box.addEventListener('keydown', ({ key }) => {
    if (key === 'ArrowRight') show(at + 1)
    if (key === 'ArrowLeft') show(at - 1)
  })
  for (const button of box.querySelectorAll('[data-step]'))
    button.addEventListener('click', () => show(at + Number(button.dataset.step)))
  box.addEventListener('click', ({ target }) => {
    if (target === box) box.close()
  })
  box.addEventListener('close', () => links()[at]?.focus())
}

function openSlide() {
  const range = slide.querySelector('input')
  const upper = slide.querySelectorAll('img')[1]
  const draw = () => {
    upper.style.clipPath = `inset(0 0 0 ${100 - range.value}%)`
  }
  range.addEventListener('input', draw)
  slide.hidden = false
  draw()
}
