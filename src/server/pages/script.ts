// The one script of the pages, served as a file: it filters a list as one types, counts down to a session's end, and copies. An
// enhancement: what it needs stands in the page already, hidden where it would do nothing without it.
//
// INVARIANT: it writes texts and attributes of its own, and never HTML, code or a link; the pages' policy refuses these too.

export const script = `'use strict'
const each = (selector, work) => document.querySelectorAll(selector).forEach(work)

each('input[data-filters]', (input) => {
  const rows = [...document.querySelectorAll('#' + CSS.escape(input.dataset.filters) + ' [data-row]')]
  // A group of rows is there as long as one of its rows is.
  const counted = rows.filter((row) => row.querySelector('[data-row]') === null)
  const told = document.getElementById(input.dataset.tells)
  if (rows.length < 2) return
  input.closest('[hidden]')?.removeAttribute('hidden')
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\\s+/)
    const fits = (row) => words.every((word) => row.textContent.toLowerCase().includes(word))
    for (const row of counted) row.hidden = !fits(row)
    for (const row of rows) if (!counted.includes(row)) row.hidden = row.querySelector('[data-row]:not([hidden])') === null
    if (told) told.textContent = counted.filter((row) => !row.hidden).length + ' of ' + counted.length
  })
})

each('[data-until]', (place) => {
  const until = Date.parse(place.dataset.until)
  const tell = () => {
    const seconds = Math.floor((until - Date.now()) / 1000)
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
    place.textContent =
      seconds <= 0 ? 'ended' : hours > 0 ? hours + ' h ' + minutes + ' min left'
      : minutes >= 10 ? minutes + ' min left' : minutes > 0 ? minutes + ' min ' + (seconds % 60) + ' s left' : seconds + ' s left'
    place.classList.toggle('soon', seconds < 300)
    if (seconds > 0) setTimeout(tell, 1000)
  }
  tell()
})

each('button[data-copies]', (button) => {
  const source = document.getElementById(button.dataset.copies)
  if (!source || !navigator.clipboard) return
  const says = button.textContent
  button.hidden = false
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.textContent)
      button.textContent = 'Copied'
    } catch {
      button.textContent = 'Not copied: select it instead'
    }
    setTimeout(() => { button.textContent = says }, 2000)
  })
})
`
