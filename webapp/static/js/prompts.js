// Work that waits for approval: one prompt at a time stays until it is answered, the rest are counted. A half-typed
// reason is left alone. All can be put aside to a button, in this tab, until another comes.

const prompts = document.querySelector("#prompts")
const WRITTEN = "form:not([hidden])[hx-post$=returns]"
const ASIDE = "dozor.prompts.aside"
const CLICK_MS = 300 // from the lifted finger to its click, at most
const LOW = 480 // in a window of so few pixels in height a prompt would leave nothing of the page

const asked = () => [...prompts.querySelectorAll("[data-approval]")]
const names = () => asked().map((each) => `${each.dataset.approval}@${each.dataset.asked}`)

export function showPrompts(html) {
  const box = document.createElement("template")
  box.innerHTML = html
  const fresh = [...box.content.children]
  const held = prompts.contains(document.activeElement) // by somebody who works here with the keyboard
  for (const old of [...prompts.children]) if (!fresh.some((each) => each.id === old.id)) old.remove()
  for (const each of fresh) {
    const old = document.getElementById(each.id)
    if (old?.querySelector(WRITTEN)) continue
    const place = focusedIn(old)
    old ? old.replaceWith(each) : prompts.append(each)
    window.htmx?.process(each)
    if (place !== -1) focusable(each)[place]?.focus()
  }
  let place = prompts.firstElementChild // the server's order; what is in its place is not touched, one may type there
  for (const each of fresh.map(({ id }) => document.getElementById(id))) {
    if (each === place) place = place.nextElementSibling
    else prompts.insertBefore(each, place)
  }
  arrange()
  if (held && document.activeElement === document.body) focusNext()
}

const focusable = (each) => [...(each?.querySelectorAll("a, button, textarea") ?? [])]
const focusedIn = (each) => focusable(each).indexOf(document.activeElement)

// A page that shows the task itself, with the same two buttons, need not be asked a second time.
export function hideAsked() {
  for (const each of asked()) {
    const task = `:is(main, #sheet) [data-task="${each.dataset.approval}"]`
    const item = `main [data-of-task="${each.dataset.approval}"] [data-verb=accept]`
    each.hidden = Boolean(document.querySelector(`${task} [data-accept], ${item}`))
  }
}

function setAside(known) {
  prompts.toggleAttribute("data-aside", Boolean(known))
  known ? sessionStorage.setItem(ASIDE, JSON.stringify(known)) : sessionStorage.removeItem(ASIDE)
}

// What was put aside stays there; what this tab has not seen yet brings all of it back.
function arrange() {
  hideAsked()
  const known = JSON.parse(sessionStorage.getItem(ASIDE) ?? "null")
  setAside(known && names().every((each) => known.includes(each)) ? known : null)
}

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-set-aside]")) {
    setAside(names())
    prompts.querySelector("[data-take-up]").focus()
  }
  if (target.closest("[data-take-up]")) {
    setAside(null)
    prompts.querySelector("[data-approval]:not([hidden]) h3 a")?.focus()
  }
})

// What had the focus is gone: it goes to the next prompt's title, else to the page.
function focusNext() {
  const next = prompts.querySelector(".wrong, [data-approval]:not([hidden]) h3 a")
  ;(next?.closest("[data-approval]").querySelector("textarea:not([hidden] *)") ?? next ?? main()).focus()
}

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  arrange()
  if (ctx?.target === prompts && document.activeElement === document.body) focusNext()
})

function main() {
  const page = document.querySelector("main")
  page.tabIndex = -1
  return page
}

// On a phone they make room for who types. The press that ends the typing is over before they come back: else one would
// come between a button and the finger on it.
document.addEventListener("pointerdown", () => {
  if (document.activeElement.matches(":is(main, #sheet) .input")) document.body.classList.add("pressing")
}, true)
for (const over of ["pointerup", "pointercancel"]) {
  document.addEventListener(over, () => setTimeout(() => document.body.classList.remove("pressing"), CLICK_MS))
}

if (innerHeight < LOW && !sessionStorage.getItem(ASIDE)) setAside(names())
arrange()
