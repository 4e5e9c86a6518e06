create table T(/* one */ a int, -- two
 b text default 'x', constraint c check(a>0 and b is not null));
