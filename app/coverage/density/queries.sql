-- name: list_places
-- Where these targets lie; a grid at a point inside it, households never.
SELECT t.no, ST_X(p.point) AS lon, ST_Y(p.point) AS lat
FROM target t
LEFT JOIN edition e ON e.state = 'active' AND t.kind = 'grid'
LEFT JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = t.grid_no
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(coalesce(t.geom, s.geom)) AS point) p
WHERE t.no = ANY (%(targets)s::bigint[]) AND t.kind <> 'household' AND p.point IS NOT NULL
ORDER BY t.no
