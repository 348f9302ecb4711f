// How long something has been going on, second by second: "0:42", "12:05", "1:02:05". It begins at what the server counted and goes on by itself.
export default {
  props: { elapsed: Number, label: String },
  template: `<span class="mc-num mc-running" role="timer" :aria-label="label">{{ said }}</span>`,
  data() {
    return { begun: Date.now() - this.elapsed * 1000, now: Date.now() };
  },
  computed: {
    said() {
      const all = Math.max(0, Math.floor((this.now - this.begun) / 1000)), two = (part) => String(part).padStart(2, "0");
      const hours = Math.floor(all / 3600), minutes = Math.floor((all % 3600) / 60);
      return (hours ? hours + ":" + two(minutes) : minutes) + ":" + two(all % 60);
    },
  },
  watch: {
    elapsed() {
      this.begun = Date.now() - this.elapsed * 1000;
    },
  },
  mounted() {
    this.ticking = setInterval(() => (this.now = Date.now()), 1000);
  },
  unmounted() {
    clearInterval(this.ticking);
  },
};
