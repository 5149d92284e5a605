// Calls that ring here, or that were taken here. One that was put away stays away, until something of it is new.
import { refreshCalls } from "./refresh.js"

const calls = document.querySelector("#calls")
const away = new Set()

const name = (each) => `${each.id}@${each.dataset.state}`

export function showCalls(html) {
  const box = document.createElement("template")
  box.innerHTML = html
  const fresh = [...box.content.children].filter((each) => !away.has(name(each)))
  for (const old of [...calls.children]) {
    if (!fresh.some((each) => name(each) === name(old))) old.remove()
  }
  for (const each of fresh) {
    if (!document.getElementById(each.id)) calls.append(each)
  }
}

document.addEventListener("click", ({ target }) => {
  const call = target.closest("[data-dismiss]")?.closest("[data-call]")
  if (call) away.add(name(call))
})

document.addEventListener("toggle", ({ target }) => {
  if (!target.open && target.closest('[data-refreshes="calls"]')) refreshCalls()
}, true)
