// The tester's phone. What the caller did is kept here; every key asks the server for the whole call anew.
"use strict";

const $ = (id) => document.getElementById(id);
const KEYS = "0123456789*#";
const DTMF = { 1: [697, 1209], 2: [697, 1336], 3: [697, 1477], 4: [770, 1209], 5: [770, 1336], 6: [770, 1477],
  7: [852, 1209], 8: [852, 1336], 9: [852, 1477], "*": [941, 1209], 0: [941, 1336], "#": [941, 1477] };
const ENDED = { caller: "切りました", service: "案内のほうから切れました", transfer: "おつなぎして、終わりました",
  queue: "お待ちのあいだに切りました", error: "エラーで切れました", limit: "長すぎて切れました" };

const HUNG_UP = { caller: "かけた人が切った", service: "案内が切った", person: "つないだ先が切った",
  twilio: "Twilio が切った" };
const WEEKDAYS = "日月火水木金土";

let call = null;      // what goes to the server: at, from, dial, seed, inputs, hang_up
let told = null;      // what came back: the timeline
let began = 0;        // the page's clock at second 0
let shown = { events: 0, requests: 0, node: "", sound: -1 };
let timer = 0;
let asked = 0;
const sounds = new Map();

const seconds = () => (performance.now() - began) / 1000;
const active = () => call !== null && call.hang_up === null && !(told && told.over && seconds() >= told.seconds);

const signed = document.querySelector('meta[name="csrf-token"]');
const HEADERS = { "Content-Type": "application/json", ...(signed ? { "X-CSRFToken": signed.content } : {}) };

async function ask(path) {
  const response = await fetch(path, { method: "POST", headers: HEADERS, body: JSON.stringify(call) });
  if (response.ok) return response;
  let words = `${response.status}`;
  try { words = (await response.json()).error || words; } catch { /* not JSON: the number says enough */ }
  throw new Error(words);
}

async function renew() {
  const turn = ++asked;
  try {
    const fresh = await (await ask("/phone/calls")).json();
    if (turn !== asked) return;
    told = fresh;
    call.at = told.at;
    for (const id of ["transcript", "requests"]) $(id).replaceChildren();
    shown = { events: 0, requests: 0, node: shown.node, sound: -1 };
    preload();
    tick();
  } catch (error) {
    if (turn !== asked) return;
    $("error").textContent = `できませんでした: ${error.message}`;
    stop();
  }
}

async function dial() {
  if (active()) return;
  $("error").textContent = "";
  for (const id of ["transcript", "requests"]) $(id).replaceChildren();
  shown = { events: 0, requests: 0, node: "", sound: -1 };
  call = { at: $("at").value, from: $("from").value.trim(), dial: $("dial").value,
    seed: Math.floor(Math.random() * 2 ** 40), inputs: [], hang_up: null };
  told = null;
  began = performance.now();
  status("呼び出しています");
  buttons(true);
  await renew();
  if (told) { began = performance.now(); timer = setInterval(tick, 40); status("通話中"); }
}

function press(key) {
  const button = document.querySelector(`.key[data-key="${CSS.escape(key)}"]`);
  button.classList.add("down");
  setTimeout(() => button.classList.remove("down"), 150);
  if (!active() || !told) return;
  tone(key);
  $("sound").pause();
  call.inputs.push({ t: Math.round(seconds() * 1000) / 1000, key });
  renew();
}

function hangUp() {
  if (!active()) return;
  call.hang_up = Math.round(seconds() * 1000) / 1000;
  stop();
  renew().then(finish);
}

function tick() {
  if (!told) return;
  const now = call.hang_up ?? seconds();
  $("clock").textContent = clock(Math.min(now, told.over ? told.seconds : now));
  play(now);
  caption(now);
  transcript(now);
  requests(now);
  place(now);
  if (call.hang_up === null && told.over && now >= told.seconds) finish();
}

function play(now) {
  if (call.hang_up !== null) return;
  const number = told.sounds.findIndex((sound) => sound.t <= now && now < sound.t + sound.seconds);
  if (number === shown.sound) return;
  shown.sound = number;
  const player = $("sound");
  player.pause();
  const sound = told.sounds[number];
  if (!sound || sound.said) return;
  const address = local(sound.source);
  if (!address) return;
  player.src = sounds.get(address) || address;
  player.dataset.source = address;
  player.currentTime = Math.max(0, now - sound.t);
  player.play().catch(() => { $("error").textContent = "音声を再生できません。ブラウザの音声の設定を確かめてください。"; });
}

function local(source) {
  const name = /\/audio\/([^/]+\.wav)$/.exec(source);
  return name ? `/phone/audio/${name[1]}` : "";
}

function preload() {
  for (const sound of told.sounds) {
    const address = local(sound.source);
    if (sound.said || !address || sounds.has(address)) continue;
    sounds.set(address, "");
    fetch(address).then((response) => (response.ok ? response.blob() : null))
      .then((blob) => { if (blob) sounds.set(address, URL.createObjectURL(blob)); }).catch(() => sounds.delete(address));
  }
}

function caption(now) {
  const heard = told.captions.filter((one) => one.t <= now && now < one.t + one.seconds).map((one) => one.text).join("");
  if ($("caption").textContent !== heard && (heard || !active())) $("caption").textContent = heard;
}

function transcript(now) {
  const due = told.events.filter((one) => one.t <= now);
  if (due.length < shown.events) { $("transcript").replaceChildren(); shown.events = 0; }
  for (const event of due.slice(shown.events)) {
    const words = line(event);
    if (!words) continue;
    const item = document.createElement("li");
    const time = document.createElement("time");
    time.textContent = event.t.toFixed(1);
    item.append(time, words);
    if (event.kind === "warning") item.className = "warned";
    if (event.kind !== "heard") item.classList.add("did");
    $("transcript").append(item);
    $("transcript").scrollTop = $("transcript").scrollHeight;
  }
  shown.events = due.length;
}

function line(event) {
  switch (event.kind) {
    case "heard": return event.text + (event.cut ? "…(途中まで)" : "") + (event.estimated ? "(Twilioの声)" : "");
    case "key": return `▶ ${event.key} を押した${event.title ? `(${event.title})` : ""}`;
    case "silence": return `▶ ${event.seconds} 秒、何も押さなかった`;
    case "dial": return `☎ ${event.to} に電話: ${dialled(event.status)}`;
    case "queue": return `☎ 待ち行列 ${event.queue}、${event.position} 番目`;
    case "sms": return `✉ ${event.to}: ${event.text}`;
    case "warning": return `⚠ ${event.code || ""} ${event.text}`;
    case "hangup": return `■ 電話が切れた(${HUNG_UP[event.by] || event.by})`;
    default: return "";
  }
}

function requests(now) {
  const due = told.requests.filter((one) => one.t <= now);
  if (due.length < shown.requests) { $("requests").replaceChildren(); shown.requests = 0; }
  for (const one of due.slice(shown.requests)) {
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = `${one.t.toFixed(1)} 秒  ${one.method} ${new URL(one.url).pathname}  ${one.status || "応答なし"}  ${one.ms} ms`;
    const sent = document.createElement("pre");
    sent.textContent = Object.entries(one.params).map(([name, value]) => `${name}=${value}`).join("\n");
    const answer = document.createElement("pre");
    answer.className = "twiml";
    answer.textContent = one.answer.replaceAll("><", ">\n<");
    details.append(summary, answer, sent);
    $("requests").append(details);
  }
  shown.requests = due.length;
}

function place(now) {
  const stood = told.nodes.filter((one) => one.t <= now);
  const node = stood.at(-1)?.node || "";
  path(stood);
  if (node === shown.node) return;
  for (const lit of document.querySelectorAll("#flow .lit")) lit.classList.remove("lit");
  const here = document.getElementById(`node-${node}`);
  if (here) {
    here.classList.add("lit");
    const box = here.getBoundingClientRect(), frame = $("flow").getBoundingClientRect();
    $("flow").scrollTo({ left: $("flow").scrollLeft + box.left - frame.left - frame.width / 3, top: $("flow").scrollTop + box.top - frame.top - frame.height / 2 });
  }
  $("place").replaceChildren(...(node && node !== "-" ? named(stood.at(-1)) : []));
  shown.node = node;
}

function named(one) {
  if (!one.title) return [one.node];
  const id = document.createElement("small");
  id.className = "id";
  id.textContent = one.node;
  return [one.title, " ", id];
}

function path(stood) {
  const steps = stood.filter((one, number) => one.node !== "-" && one.node !== stood[number - 1]?.node);
  const words = steps.length ? `通った場所: ${steps.map((one) => one.title || one.node).join(" → ")}` : "";
  if ($("path").textContent !== words) $("path").textContent = words;
}

function finish() {
  stop();
  if (told) { status(ENDED[told.ended] || "終わりました"); $("clock").textContent = clock(told.seconds); }
  const now = told ? told.seconds : 0;
  if (told) { transcript(now); requests(now); place(now); }
  $("caption").textContent = "";
  for (const id of ["save-yaml", "save-wav"]) $(id).disabled = !told;
}

function stop() {
  clearInterval(timer);
  $("sound").pause();
  buttons(false);
}

function buttons(on) {
  for (const key of document.querySelectorAll(".key")) key.disabled = !on;
  $("hang-up").disabled = !on;
  $("dial-button").disabled = on;
  for (const id of ["save-yaml", "save-wav"]) $(id).disabled = on || !told;
}

async function save(kind) {
  if (call.hang_up === null && !(told && told.over)) return;
  try {
    const blob = await (await ask(`/phone/calls.${kind}`)).blob();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `call-${call.at.slice(0, 16).replaceAll(/[:T]/g, "-")}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  } catch (error) {
    $("error").textContent = `保存できませんでした: ${error.message}`;
  }
}

let sounding = null;
function tone(key) {
  sounding ??= new AudioContext();
  const gain = sounding.createGain();
  gain.gain.value = 0.08;
  gain.connect(sounding.destination);
  for (const hertz of DTMF[key]) {
    const wave = sounding.createOscillator();
    wave.frequency.value = hertz;
    wave.connect(gain);
    wave.start();
    wave.stop(sounding.currentTime + 0.12);
  }
}

const dialled = (word) => document.querySelector(`#dial option[value="${CSS.escape(word)}"]`)?.textContent ?? word;
function written(at) {
  const [year, month, day, hour, minute] = at.split(/[-T:]/);
  if (!at) return "";
  const weekday = WEEKDAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()];
  return `${year}年${+month}月${+day}日(${weekday}) ${hour}:${minute}`;
}

const clock = (now) => `${Math.floor(now / 60)}:${String(Math.floor(now % 60)).padStart(2, "0")}`;
const status = (words) => { $("status").textContent = words; };

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select");
  if (event.key === "Escape") { hangUp(); return; }
  if (event.ctrlKey || event.altKey || event.metaKey || typing) return;
  if (KEYS.includes(event.key) && event.key.length === 1) { event.preventDefault(); press(event.key); }
  if (event.key === "Enter" && !event.target.closest("button, summary")) { event.preventDefault(); dial(); }
});
$("settings").addEventListener("submit", (event) => { event.preventDefault(); dial(); });
$("dial-button").addEventListener("click", dial);
$("hang-up").addEventListener("click", hangUp);
$("save-yaml").addEventListener("click", () => save("yaml"));
$("save-wav").addEventListener("click", () => save("wav"));
for (const key of document.querySelectorAll(".key")) key.addEventListener("click", () => press(key.dataset.key));
for (const preset of document.querySelectorAll(".preset")) preset.addEventListener("click", () => { $("at").value = written(preset.dataset.at); });
fetch("/phone/flow.svg").then((response) => response.text()).then((drawing) => {
  const parsed = new DOMParser().parseFromString(drawing, "image/svg+xml");
  $("flow").replaceChildren(document.importNode(parsed.documentElement, true));
});
