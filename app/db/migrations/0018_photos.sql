-- Photos of visits: what is known of each. The pictures lie below the deployment's folder, sealed,
-- each under the digest of its bytes.

CREATE TABLE photo (
    id          uuid PRIMARY KEY,               -- made by the sender
    original    text NOT NULL CHECK (original ~ '^[0-9a-f]{64}$'),  -- SHA-256 of what was sent
    picture     text NOT NULL CHECK (picture ~ '^[0-9a-f]{64}$'),   -- SHA-256 of what is kept
    thumbnail   text NOT NULL CHECK (thumbnail ~ '^[0-9a-f]{64}$'),
    width       integer NOT NULL CHECK (width > 0),                 -- of what is kept, upright
    height      integer NOT NULL CHECK (height > 0),
    taken_at    timestamptz,                    -- by the camera's clock, where it said so
    uploaded_by integer NOT NULL REFERENCES person,
    uploaded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX photo_original ON photo (original);
CREATE INDEX photo_uploaded ON photo (uploaded_by, uploaded_at);

-- Which visit shows which photos, in their order. A photo belongs to one visit; only a correction
-- of that visit shows it again.
CREATE TABLE inspection_photo (
    inspection_id uuid NOT NULL REFERENCES inspection,
    photo_id      uuid NOT NULL REFERENCES photo,
    position      smallint NOT NULL CHECK (position > 0),
    carried_from  uuid,                         -- the corrected visit; NULL: shown here first
    PRIMARY KEY (inspection_id, photo_id),
    UNIQUE (photo_id, inspection_id),
    FOREIGN KEY (photo_id, carried_from) REFERENCES inspection_photo (photo_id, inspection_id)
);
CREATE UNIQUE INDEX inspection_photo_once ON inspection_photo (photo_id)
    WHERE carried_from IS NULL;
