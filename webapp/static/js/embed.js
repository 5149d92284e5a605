// For other people's sites: puts the web form in where this script stands, and gives it the height that it asks for.
(() => {
  const script = document.currentScript
  const { pipeline = "sales", lang = document.documentElement.lang.slice(0, 2), theme = look(), into } = script.dataset
  const address = new URL(`/form/${encodeURIComponent(pipeline)}`, script.src)
  if (lang) address.searchParams.set("lang", lang)
  if (theme) address.searchParams.set("theme", theme)

  const frame = document.createElement("iframe")
  frame.src = address
  frame.title = script.dataset.title || document.title
  Object.assign(frame.style, { border: "0", display: "block", width: "100%", maxWidth: "34rem", height: "36rem" })
  const place = into && document.querySelector(into)
  if (place) place.append(frame)
  else if (script.parentElement === document.head) document.body.append(frame)
  else script.after(frame)

  window.addEventListener("message", ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== address.origin) return
    if (data && data.dozor === "height" && data.height > 0) frame.style.height = `${Math.ceil(data.height)}px`
  })

  // A site without a dark look gets a light form also on a dark device.
  function look() {
    const scheme = getComputedStyle(document.documentElement).colorScheme
    return scheme.includes("dark") ? (scheme.includes("light") ? "" : "dark") : "light"
  }
})()
