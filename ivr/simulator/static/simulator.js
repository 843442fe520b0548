// The page of the local Twilio: asks what goes on twice a second, and draws what has changed.
"use strict";

const $ = (id) => document.getElementById(id);
const drawn = new Map();

function made(tag, text = "", name = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (name) element.className = name;
  return element;
}

async function send(path, body) {
  $("error").textContent = "";
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) $("error").textContent = (await answer.json().catch(() => ({}))).error || `refused: ${answer.status}`;
  look();
}

function words(event) {
  const t = event.t.toFixed(1);
  switch (event.kind) {
    case "Heard": return `${t}  ${event.text}${event.cut ? " …(cut)" : ""}`;
    case "Key": return `${t}  > key ${event.key}`;
    case "Silence": return `${t}  > silence, ${event.seconds} s`;
    case "Dialled": return `${t}  = dialled ${event.to}: ${event.status}`;
    case "Queued": return `${t}  = queue ${event.queue}, position ${event.position}`;
    case "Joined": return `${t}  = conference ${event.conference}`;
    case "Recorded": return `${t}  = recorded ${event.seconds} s`;
    case "Texted": return `${t}  = texted ${event.to}: ${event.text}`;
    case "Warned": return `${t}  ! ${event.code || ""} ${event.text}`;
    default: return `${t}  = hung up by ${event.by}`;
  }
}

function call(one) {
  const box = made("details");
  box.open = one.status !== "completed";
  box.append(made("summary", `${one.from} → ${one.to}  ${one.status}, ${one.doing}, ${one.seconds.toFixed(0)} s  (${one.direction})`));
  const lines = made("ol");
  for (const event of one.events) lines.append(made("li", words(event), event.kind === "Warned" ? "bad" : ""));
  box.append(lines);
  if (one.mine) {
    const pad = made("div", "", "pad");
    for (const key of $("calls").dataset.keys) {
      const button = made("button", key);
      button.addEventListener("click", () => send(`/calls/${one.sid}/press`, { key }));
      pad.append(button);
    }
    const end = made("button", "Hang up");
    end.addEventListener("click", () => send(`/calls/${one.sid}/hang-up`, {}));
    pad.append(end);
    box.append(pad);
  }
  return box;
}

function asked(one) {
  const box = made("details");
  box.append(made("summary", `${one.t}  ${one.method} ${one.url}  ${one.status || "no answer"}, ${one.ms} ms`, one.status >= 200 && one.status < 400 ? "" : "bad"));
  if (one.answer) box.append(made("pre", one.answer.replaceAll("><", ">\n<")));
  return box;
}

function draw(id, items, make) {
  const text = JSON.stringify(items);
  if (drawn.get(id) === text) return;
  if ($(id).contains(document.activeElement) && document.activeElement.matches("summary")) return;
  const focused = [...$(id).querySelectorAll("button")].indexOf(document.activeElement);
  const open = new Set([...$(id).querySelectorAll("details[open] > summary")].map((one) => one.textContent));
  drawn.set(id, text);
  $(id).replaceChildren(...items.map(make));
  for (const one of $(id).querySelectorAll("summary")) if (open.has(one.textContent)) one.parentElement.open = true;
  if (focused >= 0) $(id).querySelectorAll("button")[focused]?.focus();
}

async function look() {
  try {
    const state = await (await fetch("/state.json")).json();
    $("now").textContent = state.now;
    $("queues").textContent = state.queues.map((queue) => `${queue.name}: ${queue.waiting} waiting`).join(", ");
    draw("calls", state.calls, call);
    draw("messages", state.messages, (one) => made("p", `${one.from} → ${one.to}: ${one.body}  (${one.status}${one.code ? ` ${one.code}` : ""})`, "row"));
    draw("requests", state.requests, asked);
    draw("rest", state.rest, (one) => made("p", `${one.method} ${one.path}  ${one.status}`, "row"));
  } catch {
    $("error").textContent = "The server does not answer.";
  }
}

$("dial").addEventListener("submit", (event) => { event.preventDefault(); send("/calls", { from: $("from").value.trim(), to: $("to").value }); });
setInterval(look, 500);
look();
