// [data-follows="ID"] is a choice that goes with another, as its data-implied says, until somebody touches it.
// Where nothing is implied, that is "": it has to be chosen, and nothing of another country stays there.
// [data-own-zone] begins with the browser's own time zone, which has the name there that its other names lead to.
const touched = new WeakSet()
const has = (select, value) => [...select.options].some((each) => each.value === value)

function follow(leader) {
  for (const each of document.querySelectorAll(`[data-follows="${leader.id}"]`)) {
    const implied = JSON.parse(each.dataset.implied)[leader.value]
    if (touched.has(each) || implied === undefined || !has(each, implied)) continue
    each.value = implied
    follow(each)
  }
}

document.addEventListener("change", (event) => {
  if (event.isTrusted) touched.add(event.target)
  follow(event.target)
})

for (const each of document.querySelectorAll("[data-own-zone]")) {
  const said = Intl.DateTimeFormat().resolvedOptions().timeZone
  const zone = JSON.parse(each.dataset.ownZone)[said] ?? said
  const isFresh = [...each.options].every((option) => option.selected === option.defaultSelected)
  const isRefused = document.querySelector("[data-founding] [aria-invalid], [data-founding] .wrong")
  if (isFresh && !isRefused) {
    each.value = has(each, zone) ? zone : ""
    follow(each)
  }
}
