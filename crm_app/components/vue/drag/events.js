// Moving, lengthening and beginning events in days by the hour, by mouse and by key. What is "held" is drawn where it would stand; the server is told how
// many days and minutes it went, and what it draws next takes its place. A mixin of the time grid, which says where everything is.
import { follow } from "mc-drag";

const HOUR = 58, STEP = 15, NEW = 60, EDGE = 40, PAUSE = 800;

export default {
  data() { return { held: null }; },
  computed: {
    free() { return new Set(this.movable); },
  },
  mounted() { document.addEventListener("pointerdown", this.bring); },
  unmounted() {
    document.removeEventListener("pointerdown", this.bring);
    this.stop?.();
    clearTimeout(this.waits);
  },
  methods: {
    pick(shown) { if (!this.dragged) this.$emit("pick", shown.id); },
    spot(at) {
      const boxes = [...this.$refs.cal.querySelectorAll(".mc-cal-column")].map((column) => column.getBoundingClientRect());
      const day = boxes.findLastIndex((box) => box.left <= at.clientX), frame = this.$refs.cal.getBoundingClientRect();
      const over = day >= 0 && at.clientX <= frame.right && frame.top <= at.clientY && at.clientY <= frame.bottom;
      return { day: Math.max(0, day), row: ((at.clientY - boxes[0].top) * 60) / HOUR, over };
    },
    drag(e, lift, aim, drop) {
      this.stop?.();
      this.dragged = false;
      const near = (at) => {
        const frame = this.$refs.cal.getBoundingClientRect();
        this.$refs.cal.scrollTop += at.clientY > frame.bottom - EDGE ? 12 : at.clientY < frame.top + EDGE ? -12 : 0;
      };
      this.stop = follow(e, {
        lift: () => { this.dragged = true; lift(); },
        aim: (at) => { near(at); aim(this.spot(at)); },
        drop: (done) => { setTimeout(() => { this.dragged = false; }, 0); done ? drop() : this.giveUp(); },
      });
    },
    press(shown, e) {
      if (!this.free.has(shown.id)) return;
      const from = this.spot(e), kind = e.target.closest(".mc-ev-edge") ? "stretch" : "move";
      this.drag(e, () => this.lift(shown, kind), (to) => this.shift(to.day - from.day, to.row - from.row), () => this.letGo());
    },
    lift(shown, kind) {
      clearTimeout(this.waits);
      this.grip = { shown, kind, days: 0, minutes: 0 };
      this.shift(0, 0);
    },
    // So many days and minutes away from where it stood, in steps of a quarter of an hour, and never out of these days.
    shift(days, minutes) {
      const { shown, kind } = this.grip, last = this.days.length - 1, whole = shown.line !== undefined;
      const long = kind === "stretch", step = (value) => Math.round(value / STEP) * STEP, top = shown.top, foot = shown.top + shown.height;
      let far = whole ? 0 : long || shown.came ? step(minutes) : step(top + minutes) - top;
      if (long) far = Math.max(Math.ceil((STEP - shown.height) / STEP) * STEP, Math.min(far, this.total - foot));
      else far = Math.max(STEP - foot, Math.min(far, this.total - STEP - top));
      const went = long ? 0 : whole ? Math.max(-shown.last, Math.min(days, last - shown.first)) : Math.max(-shown.day, Math.min(days, last - shown.day));
      Object.assign(this.grip, { days: went, minutes: whole ? 0 : far });
      const event = this.events[shown.id], look = { id: shown.id, hue: event.hue, title: event.title };
      if (whole) {
        const bar = { ...shown, first: Math.max(0, shown.first + went), last: Math.min(last, shown.last + went) };
        this.held = { ...look, bar, said: this.days[bar.first].short };
      } else this.held = { ...look, ...this.stretch(shown.day + went, Math.max(0, long ? top : top + far), Math.min(this.total, foot + far)) };
    },
    stretch(day, top, foot) {
      const times = this.clock(top) + " – " + this.clock(foot);
      return { day, top, height: foot - top, left: 0, width: 1, times, said: this.days[day].short + ", " + times };
    },
    clock(row) {
      const hour = row >= this.total ? this.hours[0] : this.hours.findLast((one) => one.top <= row) || this.hours[0];
      return hour.said[0].replace(/00(?=\D*$)/, String((row >= this.total ? 0 : row - hour.top) % 60).padStart(2, "0"));
    },
    letGo() {
      const { shown, kind, days, minutes } = this.grip;
      if (!days && !minutes) return this.giveUp();
      this.grip = null;
      this.$emit(kind, { id: shown.id, days, minutes });
    },
    giveUp() {
      clearTimeout(this.waits);
      this.grip = this.held = null;
    },
    // The server's word that what was let go came to nothing. What is in one's hand meanwhile stays there.
    settle() { if (!this.grip) this.held = null; },
    // Alt with an arrow moves what has the focus, with Shift its end; it is said when no further key has come for a moment.
    push(e) {
      if (e.key === "Escape" && this.grip) return this.giveUp(), true;
      const step = { ArrowUp: [0, -STEP], ArrowDown: [0, STEP], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[e.key], id = e.target.closest("[data-event]")?.dataset.event;
      if (!e.altKey || e.ctrlKey || e.metaKey || !step || !this.free.has(id) || (e.shiftKey && !step[1])) return false;
      const kind = e.shiftKey ? "stretch" : "move", shown = [...this.bars, ...this.pieces].find((one) => one.id === id && !one.more);
      if (this.grip?.shown.id !== id || this.grip.kind !== kind) this.lift(shown, kind);
      this.shift(this.grip.days + step[0], this.grip.minutes + step[1]);
      clearTimeout(this.waits);
      this.waits = setTimeout(() => this.letGo(), PAUSE);
      return true;
    },
    draw(place, e) {
      this.empty = !e.target.closest("button");
      if (!this.writable || !this.empty) return;
      const first = Math.floor(this.spot(e).row / STEP) * STEP;
      this.drag(e, () => { this.grip = {}; }, (to) => {
        const foot = Math.ceil(Math.max(first + STEP, Math.min(to.row, this.total)) / STEP) * STEP, top = Math.max(0, Math.min(first, Math.floor(to.row / STEP) * STEP));
        this.put(place, top, top < first ? first + STEP : foot);
      }, () => this.ask());
    },
    fresh(place, e) {
      if (!this.writable || !this.empty || this.dragged) return;  // a press that began on an event is none of an empty place
      const top = Math.min(this.total - NEW, Math.floor(this.spot(e).row / 30) * 30);
      this.put(place, top, top + NEW);
      this.ask();
    },
    // Something beside the hours that waits for a time: it is taken by its element, which says its key and its name, and dropped where it is to begin.
    bring(e) {
      const thing = e.target.closest?.("[data-waits]");
      if (!thing || !this.writable || !this.$refs.cal?.offsetParent) return;
      const { waits, name } = thing.dataset;
      this.drag(e, () => { this.grip = {}; }, (to) => {
        if (!to.over) this.held = null;
        else {
          const top = Math.max(0, Math.min(this.total - NEW, Math.floor(to.row / STEP) * STEP));
          this.put(to.day, top, top + NEW, name);
        }
      }, () => {
        const still = (press) => press.stopImmediatePropagation();  // where it was taken and let go again: that is no press of it
        thing.addEventListener("click", still, true);
        setTimeout(() => thing.removeEventListener("click", still, true), 0);
        this.held ? this.ask(waits) : this.giveUp();
      });
    },
    put(place, top, foot, title = this.words.fresh) { this.held = { id: "", hue: "teal", title, ...this.stretch(place, top, foot) }; },
    ask(dropped) {
      this.grip = null;
      this.$emit("begin", { day: this.days[this.held.day].key, top: this.held.top, foot: this.held.top + this.held.height, dropped });
    },
  },
};
