// What stands open beside the columns: the focus goes there when it opens and back when it closes, Escape closes, what
// a press puts into a text stands where the caret was.
const editor = document.querySelector("#editor")
let opener = null

document.addEventListener("click", ({ target }) => {
  const link = target.closest('[hx-target="#editor"]')
  if (link && !editor?.contains(link)) opener = link
})

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!editor || ctx.request?.method !== "GET" || !editor.querySelector("[data-editor]")) return
  if (editor.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return
  const first = editor.querySelectorAll("[data-part-form]")
  const typed = first.length === 1 && first[0].querySelector(".input, input:not([type=hidden]), button")
  ;(typed || editor.querySelector("[data-focus]"))?.focus({ preventScroll: true })
})

function close() {
  editor.replaceChildren()
  for (const each of document.querySelectorAll("[data-opened]")) each.removeAttribute("data-opened")
  const back = opener?.isConnected ? opener : document.querySelector("#setup a")
  back?.focus({ preventScroll: true })
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-close-editor]")) return
  event.preventDefault()
  close()
})
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !editor?.querySelector("[data-editor]")) return
  if (document.querySelector("dialog:modal, details.menu[open]")) return
  const field = event.target.closest?.("#editor :is(input, textarea)")
  field && field.value !== field.defaultValue ? field.blur() : close()
})

// A control of the builder sends its form when it is changed, as a press would; after an answer that is on its way.
const later = new Set()
const send = (form) => (form.matches(".htmx-request") ? later.add(form.id) : form.requestSubmit())

document.addEventListener("change", ({ target }) => {
  const form = target.closest("[data-sends]")?.form
  if (form) send(form)
})
document.addEventListener("htmx:finally:request", () => {
  for (const id of later) {
    later.delete(id)
    const form = document.getElementById(id)
    if (form) setTimeout(() => send(form))
  }
})

// What is being written outlives an answer that comes meanwhile.
let written = null
document.addEventListener("htmx:before:swap", () => {
  const active = document.activeElement
  written = active?.matches("#editor :is(input, textarea)") && active.value !== active.defaultValue ? active : null
  written?.setAttribute("hx-morph-skip", "")
})
document.addEventListener("htmx:after:swap", () => {
  written?.removeAttribute("hx-morph-skip")
  written = null
})

let caret = null
document.addEventListener("focusout", ({ target }) => {
  if (target.matches?.("#editor :is(textarea, input[type=text])")) caret = target
})
document.addEventListener("click", ({ target }) => {
  const chip = target.closest("[data-inserts]")
  if (!chip) return
  const form = chip.closest("form")
  const field = caret && form.contains(caret) ? caret : form.querySelector("textarea, input[type=text]")
  field.setRangeText(chip.dataset.inserts, field.selectionStart, field.selectionEnd, "end")
  field.focus()
  field.dispatchEvent(new Event("change", { bubbles: true }))
})
