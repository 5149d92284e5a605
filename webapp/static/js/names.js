// An @ in a note offers the people who may be named; one is taken by a press, or by an arrow down and Enter.
const AT = /(?:^|\s)@([^@\n]*)$/
const folded = (words) => words.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "")
const listOf = (area) => document.getElementById(area.dataset.names)
const typedIn = (area) => area.value.slice(0, area.selectionStart).match(AT)?.[1]

function offer(area) {
  const list = listOf(area), typed = typedIn(area)
  let count = 0
  for (const each of list.children) {
    each.hidden = typed === undefined || count >= 6 || !folded(each.dataset.name).includes(folded(typed))
    count += !each.hidden
  }
  list.hidden = !count
}

document.addEventListener("input", ({ target }) => {
  if (target.matches?.("textarea[data-names]")) offer(target)
})

document.addEventListener("click", ({ target }) => {
  const chosen = target.closest?.("[data-name]"), list = chosen?.parentElement
  const area = chosen && document.querySelector(`[data-names="${list.id}"]`)
  if (!area) return
  const from = area.selectionStart - typedIn(area).length
  area.setRangeText(`${chosen.dataset.name} `, from, area.selectionStart, "end")
  list.hidden = true
  area.focus()
  area.dispatchEvent(new Event("input", { bubbles: true }))
})

document.addEventListener("keydown", (event) => {
  const { target, key } = event, list = target.closest?.(".names"), area = target.matches?.("[data-names]") && target
  if (area && key === "Escape" && !listOf(area).hidden) listOf(area).hidden = true
  else if (area && key === "ArrowDown" && !listOf(area).hidden) next([...listOf(area).children], -1, 1).focus()
  else if (list && (key === "ArrowDown" || key === "ArrowUp")) {
    const step = key === "ArrowDown" ? 1 : -1, all = [...list.children]
    const to = next(all, all.indexOf(target), step) ?? document.querySelector(`[data-names="${list.id}"]`)
    to.focus()
  } else return
  event.preventDefault()
  event.stopImmediatePropagation()
}, true)

function next(all, from, step) {
  for (let n = from + step; n >= 0 && n < all.length; n += step) if (!all[n].hidden) return all[n]
}
