// The fuse: how long until somebody is told, drawn from the server's times. One shared tick for all words,
// one animation frame of style per fuse and second: no polling, no timer per card, no inline style in the HTML.
const body = document.body
let skew = Number(body.dataset.now) - Date.now() // a browser's clock may differ from the server's
const units = JSON.parse(body.dataset.units) // how the reader's language writes "{} d" and the like
const until = new Intl.DateTimeFormat(document.documentElement.lang, {
  weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: body.dataset.zone,
})

export function setClock(now) {
  skew = now - Date.now()
}
export const serverNow = () => Date.now() + skew

const amount = (n, unit) => units[unit].replace("{}", n)

function span(seconds) {
  const left = Math.max(Math.floor(seconds), 0)
  const d = Math.floor(left / 86400), h = Math.floor(left / 3600) % 24, m = Math.floor(left / 60) % 60, s = left % 60
  const parts = d ? [amount(d, "d"), h && d < 7 ? amount(h, "h") : ""]
    : h ? [amount(h, "h"), m ? amount(m, "min") : ""]
    : m ? [amount(m, "min"), s && m < 10 ? amount(s, "s") : ""]
    : [amount(s, "s")]
  return parts.filter(Boolean).join(" ")
}

function countdown(seconds) {
  const left = Math.max(Math.floor(seconds), 0)
  if (left < 3600) return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`
  const unit = left < 36000 ? 60 : 3600
  return span(Math.floor(left / unit) * unit)
}

// Burning time between two instants: what lies in a pause does not count.
function burning(from, to, pauses) {
  let total = to - from
  for (const [a, b] of pauses) total -= Math.max(0, Math.min(to, b * 1000) - Math.max(from, a * 1000))
  return Math.max(total, 0)
}

function say(element, selector, text) {
  const place = element.querySelector(selector)
  if (place && place.textContent !== text) place.textContent = text
}

// What most fuses never say stands in an attribute until it is so, with "{}" for the moment.
function bring(fuse, is) {
  const words = fuse.dataset[is]
  if (words === undefined || fuse.querySelector(`[data-${is}]`)) return
  const place = document.createElement("span"), [before, after] = words.split("{}")
  place.dataset[is] = ""
  place.append(before)
  if (after !== undefined) {
    const moment = document.createElement("b")
    moment.className = "num"
    moment.dataset.until = ""
    place.append(moment, after)
  }
  fuse.append(place)
}

function pausesOf(fuse) {
  if (fuse.paused !== fuse.dataset.pauses) { // a morph brings others
    fuse.paused = fuse.dataset.pauses
    fuse.pauses = JSON.parse(fuse.paused || "[]")
  }
  return fuse.pauses
}

function drawTold(fuse, now) {
  const minutes = Math.floor((now - Number(fuse.dataset.since)) / 60000)
  say(fuse, "[data-ago]", span(minutes * 60))
}

function draw(fuse, now) {
  if (fuse.dataset.fuse === "told") return drawTold(fuse, now)
  if (fuse.dataset.fuse === "held") return
  const from = Number(fuse.dataset.from), due = Number(fuse.dataset.due), pauses = pausesOf(fuse)
  const pause = pauses.find(([a, b]) => a * 1000 <= now && now < b * 1000)
  const left = burning(now, due, pauses), share = Math.min(left / Math.max(burning(from, due, pauses), 1), 1)
  const is = now >= due ? "over" : pause ? "paused" : "running"
  bring(fuse, is)
  if (fuse.dataset.is !== is) fuse.dataset.is = is
  const tone = is === "over" ? "now" : is === "paused" ? "calm" : share <= 0.4 ? "soon" : "calm"
  if (fuse.dataset.tone !== tone) fuse.dataset.tone = tone
  fuse.toggleAttribute("data-held", is === "paused")
  if (is === "running") say(fuse, "[data-left]", countdown(left / 1000))
  if (is === "paused") say(fuse, "[data-until]", until.format(new Date(pause[1] * 1000)))
  const length = String(Number((is === "over" ? 1 : share).toFixed(3)))
  if (fuse.style.getPropertyValue("--length") !== length) fuse.style.setProperty("--length", length) // a morph takes it
}

const stuckAfter = Number(document.querySelector("[data-stuck-after]")?.dataset.stuckAfter ?? Infinity) // seconds

// How long a deal stands on its stage, by the largest unit alone.
function drawAge(place, now) {
  const age = Math.max(Math.floor((now - Number(place.dataset.age)) / 1000), 0)
  const unit = [86400, 3600, 60].find((each) => age >= each) ?? 60
  const words = span(Math.floor(age / unit) * unit)
  if (place.textContent !== words) place.textContent = words
  place.toggleAttribute("data-stuck", age >= stuckAfter && place.closest('[data-kind="open"]') !== null)
}

let lag = Date.now() - performance.now()
// The browser's clock was set, or it slept: what it knew of the server's clock is no longer true.
function feelClock() {
  const is = Date.now() - performance.now()
  if (Math.abs(is - lag) > 5000) document.dispatchEvent(new CustomEvent("dozor:clock"))
  lag = is
}

export function tick() {
  feelClock()
  const now = serverNow()
  for (const fuse of document.querySelectorAll("[data-fuse]")) draw(fuse, now)
  for (const each of document.querySelectorAll("[data-age]")) drawAge(each, now)
}

tick()
setInterval(() => document.hidden || tick(), 1000)
document.addEventListener("visibilitychange", () => document.hidden || tick())
document.addEventListener("htmx:after:swap", tick)
