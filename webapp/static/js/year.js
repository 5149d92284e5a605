// The year of a calendar is one stop of the Tab key, and arrows walk in it; without this each day would be a stop.
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }
const days = [...document.querySelectorAll("[data-year] a.day-cell")]

function stopAt(chosen) {
  for (const day of days) day.tabIndex = day === chosen ? 0 : -1
}

function walk(event) {
  const to = days[days.indexOf(event.target) + STEPS[event.key]]
  if (!to || event.altKey || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  stopAt(to)
  to.focus()
}

stopAt(days.find((day) => day.matches(".is-chosen")) ?? days.find((day) => day.ariaCurrent) ?? days[0])
for (const day of days) day.addEventListener("keydown", walk)
