// A list that is narrowed while one types says in the address what it shows: what is opened from it leads back there,
// by Back too, and a copy of the address shows the same.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!ctx.sourceElement?.closest?.("[data-narrows]") || ctx.response.status >= 400) return
  const shown = new URL(ctx.response.raw.url)
  if (shown.pathname !== location.pathname) return // signed out meanwhile
  for (const [name, value] of [...shown.searchParams]) if (!value) shown.searchParams.delete(name)
  history.replaceState(history.state, "", shown.pathname + shown.search)
})
