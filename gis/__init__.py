"""Pure geography: frames, arrays, numbers and bytes in, the same out.

Nothing here knows the application, the database, the environment or the clock.
Longitude always comes before latitude; frames and shapes are EPSG:4326 unless a
docstring says otherwise; areas and distances are in metres of the ground.
"""
