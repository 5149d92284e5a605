// Calls that ring here, or that were taken here. One that was put away stays away, on the next page of this tab too,
// until something of it is new.
import { refreshCalls } from "./refresh.js"

const calls = document.querySelector("#calls")
const AWAY = `calls-away:${document.body.dataset.person}`
const KEPT = 50 // the oldest are long over

const name = (each) => `${each.id}@${each.dataset.state}`
const away = () => JSON.parse(sessionStorage.getItem(AWAY) ?? "[]")

export function showCalls(html) {
  const box = document.createElement("template")
  box.innerHTML = html
  const fresh = [...box.content.children].filter((each) => !away().includes(name(each)))
  for (const old of [...calls.children]) {
    if (!fresh.some((each) => name(each) === name(old))) old.remove()
  }
  for (const each of fresh) {
    if (!document.getElementById(each.id)) calls.append(each)
  }
}

// What the server draws into a page, or what a frame that is asked for anew brings.
function hide() {
  for (const each of [...calls.children]) if (away().includes(name(each))) each.remove()
}

document.addEventListener("click", ({ target }) => {
  const call = target.closest("[data-dismiss]")?.closest("[data-call]")
  if (call) sessionStorage.setItem(AWAY, JSON.stringify([...away(), name(call)].slice(-KEPT)))
})

document.addEventListener("toggle", ({ target }) => {
  if (!target.open && target.closest('[data-refreshes="calls"]')) refreshCalls()
}, true)

document.addEventListener("htmx:after:swap", hide)
hide()
