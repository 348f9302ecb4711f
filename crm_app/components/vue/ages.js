// Lets "2 h ago" grow older while a page stands open. The words and the reader's midnight are the server's: here nothing is known of zones or
// languages, and only what reads like an age is touched. The exact moment on hover stays.
const MINUTE = 60, HOUR = 3600, DAY = 86400, LATELY = 6 * HOUR, EVERY = 20000;

export default {
  props: { now: Number, midnight: Number, words: Object },
  template: `<span hidden></span>`,
  mounted() {
    const escaped = (words) => words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace("%d", "\\d+");
    const { just, minutes, hours, in_minutes, in_hours } = this.words;
    this.reads = new RegExp("^(" + [just, minutes, hours, in_minutes, in_hours].map(escaped).join("|") + ")$");
    this.ahead = this.now - Date.now() / 1000;  // a device's clock may be wrong; how long it has been counting is right
    if (Math.abs(this.ahead) < 2 * MINUTE) this.ahead = 0;  // that is how long the page was on its way
    this.age = () => document.querySelectorAll("time[datetime]").forEach((one) => this.retell(one));
    this.ticking = setInterval(this.age, EVERY);
    document.addEventListener("visibilitychange", this.age);  // a laptop that was asleep
  },
  unmounted() {
    clearInterval(this.ticking);
    document.removeEventListener("visibilitychange", this.age);
  },
  methods: {
    retell(one) {
      const text = one.firstChild;  // changed in place: it is the node that Vue knows
      if (one.childNodes.length !== 1 || text.nodeType !== Node.TEXT_NODE || !this.reads.test(text.data.trim())) return;
      const said = this.said(Date.parse(one.dateTime) / 1000);
      if (said && said !== text.data.trim()) text.data = said;
    },
    // As domain/times.py says it; what is older than yesterday waits until it is drawn anew.
    said(at) {
      const now = Date.now() / 1000 + this.ahead, past = now - at, far = Math.abs(past);
      const begins = this.midnight + DAY * Math.floor((now - this.midnight) / DAY);
      const told = (words, number) => words.replace("%d", String(Math.floor(number)));
      if (far < MINUTE) return this.words.just;
      if (far < HOUR) return told(past > 0 ? this.words.minutes : this.words.in_minutes, far / MINUTE);
      if (far < LATELY || (at >= begins && at < begins + DAY)) return told(past > 0 ? this.words.hours : this.words.in_hours, far / HOUR);
      return at < begins && at >= begins - DAY ? this.words.yesterday : null;
    },
  },
};
