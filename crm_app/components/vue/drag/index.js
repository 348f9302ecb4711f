// What dragging is wherever something is dragged: a press that goes far enough lifts; a small movement is still a press; Escape gives up.
const START = 5;

// Follows the pointer from a press on. lift(at) is where it begins, aim(at) every movement from there on, drop(done) its end. Returns what gives it up.
// A finger drags nothing here: it scrolls, and a press of it is a press.
export function follow(press, { lift, aim, drop }) {
  if (!press.isPrimary || press.button !== 0 || press.pointerType === "touch") return () => {};
  let held = false;
  const end = (done) => {
    for (const [name, listen] of Object.entries(heard)) document.removeEventListener(name, listen, true);
    if (!held) return;
    held = false;
    document.body.classList.remove("mc-dragging");
    drop(done);
  };
  const heard = {
    pointermove: (at) => {
      if (!held && Math.hypot(at.clientX - press.clientX, at.clientY - press.clientY) <= START) return;
      if (!held) {
        held = true;
        document.body.classList.add("mc-dragging");
        lift(at);
      }
      aim(at);
    },
    pointerup: () => end(true),
    pointercancel: () => end(false),
    keydown: (key) => {
      if (key.key !== "Escape" || !held) return;
      key.preventDefault();
      key.stopPropagation();
      end(false);
    },
  };
  for (const [name, listen] of Object.entries(heard)) document.addEventListener(name, listen, true);
  return () => end(false);
}
