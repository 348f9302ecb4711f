"""A person as a card: the same row of plain values that the table shows, drawn as a small sheet."""

from __future__ import annotations

from typing import Final

# The columns are those of the contact list: name, stage, tags, last, next, owner. SELECT is replaced by our word for it.
PERSON_CARD: Final = """<div :class="'mc-person-card' + (props.selected ? ' selected' : '')"
    @click="(e) => e.target.closest('a, button, .q-checkbox') || $parent.$emit('card-click', props.row.id)">
  <div class="mc-row mc-gap-12">
    <span :class="'mc-avatar mc-s40 mc-hue-' + props.row.name_hue" aria-hidden="true">
      <img v-if="props.row.name_photo" :src="props.row.name_photo" alt="" loading="lazy"><span v-else>{{ props.row.name_initials }}</span></span>
    <div class="mc-grow">
      <div class="mc-cell mc-gap-6">
        <a class="mc-plain-link mc-cell-name mc-truncate mc-row-link" :href="props.row.href" :title="props.row.name">{{ props.row.name }}</a>
        <q-icon v-if="props.row.name_mark" :name="'lu-' + props.row.name_mark" :class="'mc-icon mc-cell-mark mc-mark-' + props.row.name_mark"
          aria-hidden="true"></q-icon></div>
      <div v-if="props.row.name_more" class="mc-cap mc-truncate" :title="props.row.name_more">{{ props.row.name_more }}</div>
    </div>
    <q-checkbox v-model="props.selected" dense :aria-label='SELECT + " " + props.row.title'></q-checkbox>
  </div>
  <div class="mc-cell mc-gap-4 mc-person-chips" :title="props.row.tags_all">
    <span :class="'mc-chip mc-hue-' + props.row.stage_hue"><span class="mc-dot"></span><span>{{ props.row.stage }}</span></span>
    <span v-if="props.row.tags_1" class="mc-tag mc-truncate"><span class="mc-tag-text">{{ props.row.tags_1 }}</span></span>
    <span v-if="props.row.tags_2 && !props.row.tags_more" class="mc-tag mc-truncate"><span class="mc-tag-text">{{ props.row.tags_2 }}</span></span>
    <span v-if="props.row.tags_more" class="mc-cap">{{ props.row.tags_rest }}</span>
  </div>
  <div class="mc-cell mc-gap-6 mc-person-foot">
    <time v-if="props.row.last_at" :datetime="props.row.last_at" :title="props.row.last_exact" class="mc-num mc-none">{{ props.row.last }}</time>
    <span v-else class="mc-none">{{ props.row.last }}</span>
    <span v-if="props.row.next" class="mc-truncate" :title="props.row.next">· {{ props.row.next }}</span>
    <span class="mc-grow"></span>
    <span :class="'mc-avatar mc-s20 mc-hue-' + props.row.owner_hue" role="img" :aria-label="props.row.owner"
      :title="props.row.owner">{{ props.row.owner_initials }}</span>
  </div>
</div>"""
