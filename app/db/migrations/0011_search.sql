-- What is searched: pieces of words ("grams"), each with where it lies and what it belongs to.
-- Filled by triggers (programs/25_search.sql); operators for text search know no policies' indexes.

CREATE TABLE reading (
    character text COLLATE "C" PRIMARY KEY CHECK (length(character) = 1),
    readings  text[] NOT NULL           -- pinyin without tones; several where it depends
);

-- Units, buildings, facilities, hazards; never households. No key: a piece may come twice.
CREATE TABLE search_gram (
    gram      text COLLATE "C" NOT NULL,
    grid_no   integer NOT NULL,         -- the target's
    target_no bigint NOT NULL
);
CREATE INDEX search_gram_gram ON search_gram (gram, grid_no, target_no);
CREATE INDEX search_gram_target ON search_gram (target_no);

-- The grids of the active edition.
CREATE TABLE grid_gram (
    gram    text COLLATE "C" NOT NULL,
    grid_no integer NOT NULL
);
CREATE INDEX grid_gram_gram ON grid_gram (gram, grid_no);

CREATE TABLE person_gram (
    gram      text COLLATE "C" NOT NULL,
    person_no integer NOT NULL REFERENCES person
);
CREATE INDEX person_gram_gram ON person_gram (gram, person_no);
CREATE INDEX person_gram_person ON person_gram (person_no);
