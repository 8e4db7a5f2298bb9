ALTER ROLE postgres PASSWORD '{{secrets.password}}'
