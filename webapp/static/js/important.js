// A list that is worked off by keys: J and K or arrows walk over its items, a letter presses what can be done with one.
import { restore } from "./drafts.js"
import { isLetter } from "./keys.js"
import { refresh } from "./refresh.js"
import { sayWhyNot } from "./why-not.js"

const LETTERS = {
  t: "take", d: "settle", s: "snooze", h: "hand_on", a: "ask", e: "explain", y: "accept", r: "send_back",
}
const ITEM = "[data-item], [data-group]"
const WRITTEN = "details[open]:has(> form)"
const list = () => document.querySelector('[data-refreshes="important"]')
const items = () => [...document.querySelectorAll(ITEM)].filter((each) => each.checkVisibility())

// Not while somebody writes in it: what was heard meanwhile is looked up when the form is left.
let isLate = false
export function refreshImportant() {
  isLate = Boolean(list()?.querySelector(WRITTEN))
  if (isLate) return
  refresh('[data-refreshes="important"]')
  refresh('[data-count="no_next_step"]')
}
document.addEventListener("toggle", ({ target }) => {
  if (isLate && !target.open && list()?.contains(target)) refreshImportant()
}, true)

// An answer that was on its way when somebody began to write leaves their form as it is.
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  for (const each of list()?.querySelectorAll(WRITTEN) ?? []) {
    each.toggleAttribute("hx-morph-skip", !each.contains(ctx.sourceElement))
  }
})
document.addEventListener("htmx:after:swap", () => {
  for (const each of list()?.querySelectorAll("details[hx-morph-skip]") ?? []) each.removeAttribute("hx-morph-skip")
})

// A list has each form once, with "{}" for the number of an item: the one that is unfolded gets its own.
function unfold(details) {
  const kept = document.getElementById(`form-${details.dataset.form}`)
  const place = kept && details.querySelector(":scope > a")
  if (!place) return
  const form = kept.content.firstElementChild.cloneNode(true), number = details.closest("[data-item]").dataset.item
  for (const each of [form, ...form.querySelectorAll("*")]) {
    for (const { name, value } of each.attributes) {
      if (value.includes("{}")) each.setAttribute(name, value.replace("{}", number))
    }
  }
  place.replaceWith(form)
  window.htmx.process(form)
  restore()
}
document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches("[data-form]")) unfold(target)
}, true)

// Where one is. A form that was sent is gone with its focus, and perhaps its item with it: then the keys go on there.
let last = { id: "", at: -1 }
document.addEventListener("focusin", ({ target }) => {
  const item = list() && target.closest(ITEM)
  if (item) last = { id: item.id, at: items().indexOf(item) }
})
document.addEventListener("htmx:after:swap", () => {
  if (document.activeElement !== document.body) return
  items().find((each) => each.id === last.id)?.focus({ preventScroll: true })
})

function walk(by) {
  const all = items(), here = all.indexOf(document.activeElement.closest(ITEM))
  const from = here >= 0 ? here : by > 0 ? last.at - 1 : last.at
  const next = all[Math.min(all.length - 1, Math.max(0, from + by))]
  next ? next.focus() : sayWhyNot("no-item")
}

function press(item, verb) {
  const control = item.querySelector(`:scope > .acts [data-verb="${verb}"]`)
  if (!control) return sayWhyNot("not-this-item")
  control.click()
  const unfolded = control.closest("details")
  if (unfolded?.open) unfold(unfolded) // before what is typed next
  unfolded?.querySelector("textarea, select")?.focus()
}

document.addEventListener("keydown", (event) => {
  if (!list() || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog:modal")) return
  const item = event.target.closest(ITEM)
  if (event.key === "Escape" && item) {
    item.querySelectorAll("details[open]").forEach((each) => { each.open = false })
    return item.focus()
  }
  if (event.target.matches("input, textarea, select")) return
  const isDown = event.key === "ArrowDown" || isLetter(event, "j")
  if (isDown || event.key === "ArrowUp" || isLetter(event, "k")) {
    event.preventDefault()
    return walk(isDown ? 1 : -1)
  }
  const verb = Object.entries(LETTERS).find(([letter]) => isLetter(event, letter))?.[1]
  if (!verb) return
  event.preventDefault()
  item ? press(item, verb) : walk(1) // chosen first, to be seen before something is done with it
})
