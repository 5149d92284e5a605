// The org chart by hand: people and departments are dragged to where they belong, or carried there by the keyboard.
// What stands where, only the server's answer says.
import { speak } from "./says.js"

const bound = new WeakSet()
const org = () => document.querySelector("#org")
const carrying = (kind) => org().toggleAttribute("data-carrying", !!kind) && org().setAttribute("data-carrying", kind)

function send(thing, target) {
  const branch = thing.dataset.branch
  const values = branch
    ? { parent: target.dataset.under, "was.parent": thing.dataset.parent }
    : { person: thing.dataset.person, was: thing.dataset.was, from: thing.closest(".zone").dataset.from,
        to: target.dataset.to, place: target.dataset.place }
  const address = branch ? `/settings/org/departments/${branch}/moves` : "/settings/org/places"
  const sent = { source: org(), target: "#org", swap: "outerMorph", values }
  window.htmx.ajax("POST", address, sent).then(() => {
    speak(document.querySelector("[data-refused], [data-before-saving] h2")?.textContent ?? org().dataset.moved)
  })
}

const isSame = (thing, target) => (thing.dataset.branch
  ? target.dataset.under === thing.dataset.parent
  : target.dataset.from === thing.closest(".zone").dataset.from && target === thing.closest(".zone"))

function bind(list, kind) {
  if (bound.has(list)) return
  bound.add(list)
  window.Sortable.create(list, {
    group: kind, draggable: kind === "person" ? ".who" : ".branch", handle: "[data-carry]", ghostClass: "ghost",
    delay: 250, delayOnTouchOnly: true, touchStartThreshold: 6, forceFallback: true, fallbackOnBody: true,
    fallbackTolerance: 4, swapThreshold: .65, sort: false,
    onStart: () => carrying(kind),
    onEnd: ({ item, to, from, oldIndex }) => {
      carrying("")
      if (to === from) return
      from.insertBefore(item, from.children[oldIndex] ?? null) // it goes when the server says so
      send(item, to)
    },
  })
}

function bindAll() {
  for (const each of document.querySelectorAll("#org .zone")) bind(each, "person")
  for (const each of document.querySelectorAll("#org .under")) bind(each, "department")
}
if (document.readyState === "complete") bindAll()
else window.addEventListener("load", bindAll)
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!org()) return
  bindAll()
  if (ctx.request?.method === "POST") document.querySelector("#org [data-refused], #org [data-before-saving]")?.focus()
})

// By the keyboard: Space lifts, arrows choose, Enter puts down, Escape puts back.
let held = null
const targets = () => [...org().querySelectorAll(held.matches(".who") ? ".zone[data-to]" : ".under")]
  .filter((each) => !held.contains(each) && !isSame(held, each))

function aim(step) {
  const all = targets(), at = all.findIndex((each) => each.matches(".target"))
  for (const each of all) each.classList.remove("target")
  const next = all[(at + step + all.length) % all.length] ?? all[0]
  next.classList.add("target")
  next.scrollIntoView({ block: "nearest", inline: "nearest" })
  speak(next.dataset.called ?? document.querySelector("#org h1").textContent)
}

function lift(thing) {
  held = thing
  thing.classList.add("lifted")
  carrying(thing.matches(".who") ? "person" : "department")
  speak(document.querySelector("#carry-help").textContent)
}

function letGo() {
  for (const each of org().querySelectorAll(".target, .lifted")) each.classList.remove("target", "lifted")
  carrying("")
  held = null
}

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }
document.addEventListener("keydown", (event) => {
  const grip = event.target.closest?.("#org [data-carry]")
  if (!grip || (!held && event.key !== " ")) return
  if (!held) lift(grip.closest(".who, .branch"))
  else if (STEPS[event.key]) aim(STEPS[event.key])
  else if (event.key === "Escape") letGo()
  else if (event.key === "Enter" || event.key === " ") {
    const thing = held, target = org().querySelector(".target")
    letGo()
    if (target) send(thing, target)
  } else return
  event.preventDefault()
  event.stopImmediatePropagation()
}, true)
document.addEventListener("keyup", (event) => { // a summary opens, and a button is pressed, when Space comes up
  if (event.key === " " && event.target.closest?.("#org [data-carry]")) event.preventDefault()
}, true)
document.addEventListener("focusout", ({ target }) => { if (held?.contains(target)) letGo() })
