// [data-follows="ID"] is a choice that goes with another, as its data-implied says, until somebody touches it.
// [data-own-zone] begins with the browser's own time zone, where that is among its options.
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
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const isFresh = [...each.options].every((option) => option.selected === option.defaultSelected)
  const isRefused = document.querySelector("[data-founding] [aria-invalid], [data-founding] .wrong")
  if (isFresh && !isRefused && has(each, zone)) {
    each.value = zone
    follow(each)
  }
}
