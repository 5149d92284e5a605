// Whoever works by keyboard stays where they were. When what held the focus is gone with an answer, the part of the
// page in which it stood has it: the next Tab goes on from there, and the same key once more does nothing.
const PART = "section, article, li, fieldset, form, [id]"
let held = [], waits = 0 // what had the focus, then what it stood in

// A button may be put out of use while its form is on the way: so it is asked before that, too.
for (const name of ["htmx:before:request", "htmx:before:swap"]) {
  document.addEventListener(name, () => {
    const { activeElement } = document
    if (activeElement !== document.body) held = [activeElement, ...around(activeElement)]
  })
}

// Whoever leaves it by themselves has left it.
const leave = () => { held = [] }
document.addEventListener("pointerdown", leave, true)
document.addEventListener("keydown", ({ key }) => key === "Escape" && leave(), true)

// After all who know better where it belongs. An answer has several parts, and is looked at once.
document.addEventListener("htmx:after:swap", () => {
  waits ||= setTimeout(() => {
    waits = 0
    held.map(asItIsNow).some((each) => document.activeElement !== document.body || (each && takes(each)))
  })
})

function around(element) {
  const found = []
  for (let each = element.parentElement; each && !each.matches("main, body"); each = each.parentElement) {
    if (each.matches(PART)) found.push(each)
  }
  return found
}

const asItIsNow = (each) => each.isConnected ? each : each.id ? document.getElementById(each.id) : null

function takes(place) {
  if (place.matches(PART) && !place.matches("a, button, input, select, textarea, summary, [tabindex]")) {
    place.setAttribute("tabindex", "-1")
    place.addEventListener("blur", () => place.removeAttribute("tabindex"), { once: true })
  }
  place.focus({ preventScroll: true })
  return document.activeElement === place
}
