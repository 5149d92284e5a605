// What was chosen in a form and not sent yet: kept in this tab, so that what takes the form's place when it is loaded
// anew begins with as much of it as there still is to choose.
import { isChanged } from "./typing.js"

const form = document.querySelector("form[data-keeps-choices]")
const keyOf = (id) => `draft:${document.body.dataset.person}:choices:${id}`
const CHOSEN = "select, textarea, input:not([type=hidden], [type=checkbox], [type=file])"
const chosen = () => [...form.elements].filter((each) => each.matches(CHOSEN))

function keep() {
  const isMade = (each) => isChanged(each) || each.closest("[data-picked]")
  const made = chosen().filter((each) => isMade(each) && (each.type !== "radio" || each.checked))
  const said = JSON.stringify(Object.fromEntries(made.map((each) => [each.name, each.value])))
  window.sessionStorage.setItem(keyOf(form.dataset.keepsChoices), said)
}

function restore({ keepsChoices, insteadOf }) {
  const own = window.sessionStorage.getItem(keyOf(keepsChoices))
  const made = JSON.parse(own ?? window.sessionStorage.getItem(keyOf(insteadOf)) ?? "{}")
  for (const each of chosen()) {
    if (!(each.name in made)) continue
    if (each.type === "radio") each.checked ||= each.value === made[each.name]
    else if (!each.options || [...each.options].some((one) => one.value === made[each.name])) {
      each.value = made[each.name]
    }
  }
}

if (form) {
  restore(form.dataset)
  keep()
  form.addEventListener("change", keep)
}
