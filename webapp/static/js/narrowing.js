// A list that is narrowed while one types or chooses says in the address what it shows: what is opened from it leads
// back there, by Back too, a copy of the address shows the same, and the tabs above it keep what was typed and chosen.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement?.closest?.("[data-narrows]")
  if (!form || ctx.response.status >= 400) return
  const shown = new URL(ctx.response.raw.url)
  if (shown.pathname !== location.pathname) return // signed out meanwhile
  for (const [name, value] of [...shown.searchParams]) if (!value) shown.searchParams.delete(name)
  history.replaceState(history.state, "", shown.pathname + shown.search)
  const seen = [...form.elements].filter(({ name, type }) => name && type !== "hidden").map(({ name }) => name)
  for (const tab of document.querySelectorAll("main .tabs a")) keep(tab, seen, shown.searchParams)
})

function keep(tab, names, asked) {
  const to = new URL(tab.href)
  if (to.pathname !== location.pathname) return
  for (const name of names) asked.has(name) ? to.searchParams.set(name, asked.get(name)) : to.searchParams.delete(name)
  tab.href = to.pathname + to.search
}
