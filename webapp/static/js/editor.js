// What stands open beside the columns: the focus goes there when it opens and back when it closes, Escape closes, what
// a press puts into a text stands where the caret was.
import { refresh } from "./refresh.js"
import { isChanged } from "./typing.js"

const editor = document.querySelector("#editor")
const isRefresh = (ctx) => Boolean(ctx.sourceElement?.matches?.("[data-editor]"))
let opener = null

document.addEventListener("click", ({ target }) => {
  const link = target.closest('[hx-target="#editor"]')
  if (link && !editor?.contains(link)) opener = link
})

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!editor || ctx.request?.method !== "GET" || isRefresh(ctx) || !editor.querySelector("[data-editor]")) return
  if (editor.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return
  const first = editor.querySelectorAll("[data-part-form]")
  const typed = first.length === 1 && first[0].querySelector(".input, input:not([type=hidden]), button")
  ;(typed || editor.querySelector("[data-focus]"))?.focus({ preventScroll: true })
})

// What was still being saved when its editor closed, or something else opened, is seen in the columns alone.
const left = new WeakSet()
const leave = () => editor?.querySelectorAll("form").forEach((form) => left.add(form))
const isEditor = ({ target }) => target === editor || target === "#editor"
document.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  if (isRefresh(ctx)) {
    const isThere = editor.contains(ctx.sourceElement) // and not closed, nor something else open in its place
    if (!isThere) tasks.splice(0, tasks.length, ...tasks.filter((task) => !isEditor(task)))
    return
  }
  if (left.has(ctx.sourceElement)) tasks.splice(0, tasks.length, ...tasks.filter((task) => !isEditor(task)))
  else if (ctx.request?.method === "GET" && tasks.some(isEditor)) leave()
})

// What stood open is there no more: the focus goes back as if somebody had closed it.
let isOpen = Boolean(editor?.querySelector("[data-editor]"))
document.addEventListener("htmx:after:swap", () => {
  const was = isOpen
  isOpen = Boolean(editor?.querySelector("[data-editor]"))
  if (was && !isOpen) close()
})

function close() {
  isOpen = false
  leave()
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

// Ctrl-Z takes back one's own last change of the draft, unless something is being written.
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.code !== "KeyZ") return
  const undo = document.querySelector("[data-undo-draft]")
  if (!undo || event.target.closest?.("textarea, input:not([type=radio], [type=checkbox])")) return
  event.preventDefault()
  undo.click()
})

// Whoever walks through a list of choices by the keyboard has not chosen at every step: it is sent once they stop,
// press Enter or go on to what comes next.
const PAUSE_MS = 600
let walked = null // the list, since the last key in it
let rests = 0
const isList = (target) => target.matches?.("#editor select")
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && rests && event.target === walked) {
    event.preventDefault() // that would send the form once more
    settle()
  } else if (isList(event.target) && event.key !== "Tab") walked = event.target
}, true)
document.addEventListener("pointerdown", () => { walked = null }, true)
document.addEventListener("change", (event) => {
  if (!isList(event.target) || event.target !== walked || !event.isTrusted) return
  event.stopPropagation()
  clearTimeout(rests)
  rests = setTimeout(settle, PAUSE_MS)
}, true)
function settle() {
  const list = rests ? walked : null
  clearTimeout(rests)
  rests = 0
  list?.dispatchEvent(new Event("change", { bubbles: true }))
}
document.addEventListener("focusout", ({ target }) => {
  if (target === walked) settle()
}, true)

// A control of the builder sends its form when it is changed, as a press would; after an answer that is on its way.
const later = new Map() // id of the form → what the pressed button says
const pressed = new Map()
const send = (form) => (form.matches(".htmx-request") ? later.set(form.id, "") : form.requestSubmit())

// Another button pressed meanwhile is pressed again afterwards; the same one twice is a hurried hand (once.js).
window.addEventListener("submit", ({ target: form, submitter }) => {
  if (!editor?.contains(form) || !form.id) return
  const said = submitter?.value ?? ""
  if (!form.matches(".htmx-request")) pressed.set(form.id, said)
  else if (said !== pressed.get(form.id)) later.set(form.id, said)
}, true)
const again = (form, said) => {
  if (said) form?.querySelector(`button[value="${CSS.escape(said)}"]`)?.click()
  else if (form) send(form)
}

document.addEventListener("change", ({ target }) => {
  const form = target.closest("[data-sends]")?.form
  if (form) send(form)
})
document.addEventListener("htmx:finally:request", () => {
  for (const [id, said] of later) {
    later.delete(id)
    setTimeout(() => again(document.getElementById(id), said))
  }
})

// What belongs together, as a new option in its languages, is sent when the focus leaves all of it.
const together = (target) => target.closest?.("[data-together]")
document.addEventListener("change", (event) => together(event.target) && event.stopPropagation(), true)
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const row = together(target)
  if (!row || row.contains(relatedTarget)) return
  if ([...row.querySelectorAll("input")].some((each) => each.value.trim())) target.form.requestSubmit()
})

// What was chosen or written after a request had read the form outlives its answer; it has a request of its own.
const touched = new Map() // control → when
const read = new WeakMap() // request → when
let beat = 0
const alike = (control) => (control.type === "radio" ? [...control.form.elements].filter(
  (each) => each.name === control.name) : [control])
document.addEventListener("change", ({ target }) => {
  if (editor?.contains(target)) for (const each of alike(target)) touched.set(each, beat + 1)
  beat += 1
}, true)
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => read.set(ctx, beat))
document.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  if (!tasks.some(isEditor)) return
  for (const [control, at] of touched) {
    if (at <= (read.get(ctx) ?? beat)) touched.delete(control)
    else for (const each of withShown(control)) each.setAttribute("hx-morph-skip", "")
  }
})
document.addEventListener("htmx:after:swap", () => {
  for (const control of touched.keys()) for (const each of withShown(control)) each.removeAttribute("hx-morph-skip")
})

// An open editor that is drawn anew says how it was seen when it asks, which is after an edit that was on its way: by
// that others' changes are told.
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!isRefresh(ctx)) return
  const at = new URL(ctx.request.action, location.href)
  at.searchParams.set("seen", ctx.sourceElement.dataset.seen)
  ctx.request.action = at.pathname + at.search
})

// So does what is being written; and while somebody else changes the draft, whatever is not sent yet, was refused, or
// is half built.
let kept = []
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  const active = document.activeElement
  const written = active?.matches("#editor :is(input, textarea)") && active.value !== active.defaultValue
  kept = (isRefresh(ctx) ? unsent() : written ? [active] : []).flatMap(withShown)
  for (const each of kept) each.setAttribute("hx-morph-skip", "")
})
document.addEventListener("htmx:after:swap", () => {
  for (const each of kept) each.removeAttribute("hx-morph-skip")
  kept = []
})
const UNSENT = "[data-unsaid], .htmx-request, :has([aria-invalid], .wrong)"
function unsent() {
  const whole = [...editor.querySelectorAll("form")].filter((form) => form.matches(UNSENT) || isBeingBuilt(form))
  return [...whole, ...[...editor.querySelectorAll("input, textarea, select")].filter(isChanged)]
}
const isBeingBuilt = (form) => form.querySelector("[data-sends]") && [...form.elements].some(isChanged)

// A form says what it was drawn with (was.NAME), by which others' changes are told from one's own: it stays with what
// is kept. What has been sent is what the next press begins with; if it is refused, it does not.
const shown = (form, name) => form?.querySelector(`[name="was.${CSS.escape(name)}"]`)
function withShown(field) {
  const was = field.form && shown(field.form, field.name)
  return was ? [field, was] : [field]
}
const before = new WeakMap() // request → what its form was drawn with
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement
  if (ctx.request.method !== "POST" || !editor?.contains(form) || !form.matches("form")) return
  const drawn = [...form.querySelectorAll('[name^="was."]')]
  before.set(ctx, drawn.map((each) => [each, each.value]))
  for (const each of drawn) {
    const said = ctx.request.body.getAll(each.name.slice(4))
    if (said.length) each.value = said[0] === "[]" ? said.slice(1).join() : said.at(-1)
  }
})
const takeBack = ({ detail: { ctx } }) => {
  if (ctx?.response && ctx.response.status < 400) return
  for (const [each, value] of before.get(ctx) ?? []) each.value = value
}
document.addEventListener("htmx:before:swap", takeBack)
document.addEventListener("htmx:error", takeBack)

// What was typed in an editor that somebody else has taken away goes back to be copied.
const TYPED = "textarea, input:not([type=hidden], [type=radio], [type=checkbox])"
let unsaid = []
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  const written = isRefresh(ctx) && editor ? [...editor.querySelectorAll(TYPED)].filter(isChanged) : []
  unsaid = [...new Set(written.map((each) => each.value.trim()).filter(Boolean))]
})
document.addEventListener("htmx:after:swap", () => {
  const box = editor?.querySelector("[data-unsent][hidden]")
  if (!box || !unsaid.length) return
  const one = box.querySelector("template").content
  for (const each of unsaid) {
    const words = one.cloneNode(true)
    words.querySelector("bdi").textContent = each
    box.append(words)
  }
  box.hidden = false
  unsaid = []
})

// What stands open is there no more: somebody else has taken it away.
document.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  if (!isRefresh(ctx) || ctx.response?.status !== 404) return
  tasks.splice(0)
  if (editor.contains(ctx.sourceElement)) close()
  refresh('[data-refreshes="draft"]')
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
